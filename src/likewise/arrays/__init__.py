"""Ragged rows, graphs, text blocks and small linear algebra: the data structures that the stages share."""

from __future__ import annotations
