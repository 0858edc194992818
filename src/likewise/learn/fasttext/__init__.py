"""Skip-gram and CBOW with character n-grams (Bojanowski et al. 2017)."""

from __future__ import annotations
