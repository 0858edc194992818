"""Blocks of text become ids on disk, with their vocabulary."""

from __future__ import annotations
