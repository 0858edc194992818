"""What every training has in common: the run, its plan and its model card."""

from __future__ import annotations
