"""Terms of texts: words, and n-grams of words or characters."""

from __future__ import annotations
