"""Models on disk: folders that are checked before they are read, checkpoints, and one run of long work."""

from __future__ import annotations
