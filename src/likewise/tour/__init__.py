"""A guided walk over real text that comes with packages: from words to vectors, and an honest look at both."""

from __future__ import annotations

from likewise.tour.story import tour

__all__ = ["tour"]
