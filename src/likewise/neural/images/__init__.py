"""Encoders of images in PyTorch: convolutional networks, vision transformers, and their objectives."""

from __future__ import annotations
