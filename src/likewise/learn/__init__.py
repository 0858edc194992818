"""Learning: ragged ids in, vectors out, on the CPU, without torch."""

from __future__ import annotations
