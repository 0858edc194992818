"""Encoders of texts in PyTorch: transformers, LSTMs, and the objectives they are trained by."""

from __future__ import annotations
