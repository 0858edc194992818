"""Files and iterables become blocks of text."""

from __future__ import annotations
