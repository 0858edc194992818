"""Text to a corpus of word ids on disk."""

from __future__ import annotations
