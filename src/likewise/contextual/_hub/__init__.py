"""Folders as `transformers` and `sentence-transformers` write them, read without them, and without running anything."""
