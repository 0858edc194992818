"""What a head is fitted on: rows of features, dense or sparse; and what it predicts, labels as codes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError, WrongType

Features = Any  # (n, d) np.ndarray, or a sparse matrix of SciPy, which has no common type


@dataclass(frozen=True)
class Classes:
    """`names` (c,) in order, each as the caller wrote it; `codes` (n,) int64: the class of each row."""

    names: list[Any]
    codes: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """(c,) int64: how many rows each class has."""
        return np.bincount(self.codes, minlength=len(self.names))


def is_sparse(features: Features) -> bool:
    """Whether it is a matrix of SciPy's rather than an array."""
    return hasattr(features, "tocsr")


def checked_features(features: Features, n: int, name: str = "features") -> Features:
    """(n, d) as a CSR matrix with 32-bit indices, or an array; `InputError` where it does not fit, or holds NaN."""
    if is_sparse(features):
        features = features.tocsr()
        numbers = features.data
        if features.indices.dtype != np.int32 and max(features.shape[1], features.nnz) < 2**31:
            features = type(features)(  # scikit-learn's solvers take no other
                (numbers, features.indices.astype(np.int32), features.indptr.astype(np.int32)), features.shape
            )
    else:
        features = numbers = np.asarray(features)
    if numbers.dtype.kind not in "fiub":
        raise WrongType(f"{name} are numbers, not {numbers.dtype}; encode the items first")
    if features.ndim != 2 or features.shape[1] == 0 or features.shape[0] != n:
        raise InputError(f"{name} have the shape {features.shape}, wanted one row for each of {n:,} labels")
    if not np.isfinite(numbers).all():
        raise InputError(f"{name} hold numbers that are not finite (NaN or Inf); look at how they were made")
    return features


def classes_of(labels: Sequence[Any]) -> Classes:
    """Labels as codes, the classes in the order of their names.

    Raises `WrongType` for one string, `InputError` for a missing label (None, NaN), by its row, and for fewer than
    two classes.
    """
    listed = _listed(labels)
    for row, label in enumerate(listed):
        if label is None or (isinstance(label, float) and math.isnan(label)):
            raise InputError(f"row {row} has no label ({label}); give it one, or leave the row out")
    different = set(listed)
    if len(different) < 2:
        found = f"all {len(listed):,} labels are {listed[0]!r}" if listed else "there are no labels"
        raise InputError(f"{found}; two classes or more are needed")
    names = sorted(different, key=lambda label: (isinstance(label, str), label))
    code = {name: i for i, name in enumerate(names)}
    return Classes(names, np.array([code[label] for label in listed], np.int64))


def targets_of(targets: Sequence[float]) -> np.ndarray:
    """(n,) float64; `InputError` for a number that is not finite, by its row, and where all are equal."""
    numbers = np.asarray(targets)
    if numbers.dtype.kind not in "fiub" or numbers.ndim != 1:
        raise WrongType(f"targets are one number a row, not {numbers.dtype} of shape {numbers.shape}")
    numbers = numbers.astype(np.float64)
    for row in np.flatnonzero(~np.isfinite(numbers))[:1]:
        raise InputError(f"row {row} has the target {numbers[row]}; give it a number, or leave the row out")
    if len(numbers) < 2 or np.ptp(numbers) == 0:
        raise InputError(f"{len(numbers):,} targets do not vary, so there is nothing to predict")
    return numbers


def sets_of(labels: Sequence[Iterable[Any]] | np.ndarray) -> tuple[list[Any], np.ndarray]:
    """The different labels and (n, c) bool, which row has which: from lists of labels, or such an array."""
    if isinstance(labels, np.ndarray) and labels.ndim == 2:
        if labels.dtype.kind not in "biu" or not np.isin(labels, (0, 1)).all():
            raise InputError(
                "labels of shape (n, c) are 0 or 1; give a list of labels a row for anything else"
            )
        names, has = list(range(labels.shape[1])), labels.astype(bool)
    else:
        rows = [_listed(row) for row in labels]
        names = sorted(
            {label for row in rows for label in row}, key=lambda label: (isinstance(label, str), label)
        )
        code = {name: i for i, name in enumerate(names)}
        has = np.zeros((len(rows), len(names)), bool)
        for i, row in enumerate(rows):
            has[i, [code[label] for label in row]] = True
    if not has.any() or has.all():
        raise InputError(f"each of {len(has):,} rows has the same labels, so there is nothing to predict")
    return names, has


def _listed(labels: Iterable[Any]) -> list[Any]:
    if isinstance(labels, str | bytes):
        raise WrongType(f"got one {type(labels).__name__} for labels; give a list, one for each row")
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
