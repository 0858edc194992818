"""Interactions: a log of clicks, ratings or plays becomes a sparse matrix of users and items, by stated rules."""

from __future__ import annotations

from likewise.data.interactions.log import Interactions, ReadStats
from likewise.data.interactions.options import Reading
from likewise.data.interactions.reader import read

__all__ = ["Interactions", "ReadStats", "Reading", "read"]
