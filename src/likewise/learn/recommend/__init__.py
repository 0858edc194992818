"""ALS, BPR and EASE: vectors of users and items from their interactions."""

from __future__ import annotations
