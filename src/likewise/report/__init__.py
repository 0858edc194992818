"""Look at vectors: a map of words as SVG, a report as one page of HTML without network or script."""

from __future__ import annotations

from likewise.report.map import coordinates, word_map
from likewise.report.page import Section, page

__all__ = ["Section", "coordinates", "page", "word_map"]
