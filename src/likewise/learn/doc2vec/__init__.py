"""Paragraph vectors (Le and Mikolov 2014): DBOW and DM."""

from __future__ import annotations
