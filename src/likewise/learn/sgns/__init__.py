"""Skip-gram and CBOW with negative sampling (Mikolov et al. 2013) over any ragged ids."""

from __future__ import annotations
