"""Matrix factorisation: LSA of texts, and spectral methods for graphs."""

from __future__ import annotations
