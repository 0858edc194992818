"""Random walks over a graph, as rows of ids."""

from __future__ import annotations
