"""Files, locks, memory, threads, seeds and optional packages: what every other place stands on."""

from __future__ import annotations
