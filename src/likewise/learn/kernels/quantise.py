"""Rows stored in half or a quarter of the space: float16, or int8 with one scale a row.

Of a trained table of n-grams the least and the largest number of a row are seldom far apart, so int8 keeps each number
within 1/254 of the row's largest; float16 within 1/2048 of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.arrays.linalg import first_not_finite, row_norms
from likewise.errors import InputError, OptionError

Kind = Literal["float32", "float16", "int8"]
KINDS = ("float32", "float16", "int8")
STEPS = 127  # of int8 on either side of 0; −128 is not used, so that x and −x are stored symmetrically
BLOCK = 2**14  # rows worked on at once


@dataclass(frozen=True)
class QuantisedRows:
    """values (n, dim) of the kind's dtype; scales (n,) float32, what int8's 1 stands for in each row (else empty)."""

    values: np.ndarray
    scales: np.ndarray

    @property
    def kind(self) -> str:
        return self.values.dtype.name

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.scales.nbytes


def quantise(rows: np.ndarray, kind: Kind) -> QuantisedRows:
    """Rows (n, dim) float32 in less space. Raises `InputError` for what is not finite, or too large for float16."""
    if kind not in KINDS:
        raise OptionError(f"rows are kept as one of {', '.join(KINDS)}, not {kind!r}")
    broken = first_not_finite(rows)
    if broken is not None:
        raise InputError(f"row {broken} holds a number that is not finite, and only finite ones can be kept")
    if kind == "int8":
        return _in_steps(rows)
    if kind == "float16" and rows.size and max(rows.max(), -rows.min()) > np.finfo(np.float16).max:
        raise InputError("a number is beyond 65504, the largest of float16: keep the rows as int8 or float32")
    return QuantisedRows(rows.astype(kind), np.empty(0, np.float32))


def _in_steps(rows: np.ndarray) -> QuantisedRows:
    values, scales = np.empty(rows.shape, np.int8), np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK].astype(np.float64)
        scale = (np.abs(part).max(axis=1, initial=0.0) / STEPS).astype(np.float32)
        scales[start : start + BLOCK] = scale
        unit = np.where(scale > 0, scale, 1).astype(np.float64)[:, None]
        values[start : start + BLOCK] = np.clip(np.rint(part / unit), -STEPS, STEPS)
    return QuantisedRows(values, scales)


def dequantise(kept: QuantisedRows, ids: np.ndarray | None = None) -> np.ndarray:
    """(n, dim) float32: all rows, or those that `ids` names, as they were up to the rounding of their kind."""
    rows = (kept.values if ids is None else kept.values[ids]).astype(np.float32)
    if len(kept.scales):
        rows *= (kept.scales if ids is None else kept.scales[ids])[:, None]
    return rows


def errors(rows: np.ndarray, kept: QuantisedRows) -> np.ndarray:
    """(n,) float64: how far each row was moved by being kept, as a share of its length; 0 for a row of zeros."""
    moved = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        ids = np.arange(start, min(start + BLOCK, len(rows)))
        moved[ids] = row_norms(dequantise(kept, ids) - rows[ids])
    norms = row_norms(rows)
    return np.divide(moved, norms, out=np.zeros(len(rows)), where=norms > 0)
