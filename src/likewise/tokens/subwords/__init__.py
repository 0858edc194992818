"""Subword tokenizers: byte-pair encoding, WordPiece and Unigram."""

from __future__ import annotations
