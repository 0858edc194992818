"""Compiled kernels that several methods share: SIMD, sampling, products, quantisation."""

from __future__ import annotations
