"""Which rows are tested when: (n,) numbers of folds, -1 for a row that is only learnt from."""

from __future__ import annotations

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.system import seeds

Folds = int | np.ndarray


def stratified(codes: np.ndarray, folds: int, *, seed: int) -> np.ndarray:
    """(n,) int64: a fold from 0 for each row, so that each class is spread as evenly over the folds as can be.

    Shuffled rows are dealt out class by class, each class going on where the last one stopped; so folds differ in
    size by one at most, and a class with fewer rows than folds misses some.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Class of each row.
    folds : int
        Number of folds, at least 2.
    seed : int
        Seed of all random numbers.
    """
    folds = _checked_number(folds, len(codes))
    shuffled = seeds.generator(seed, "folds").permutation(len(codes))
    dealt = shuffled[np.argsort(codes[shuffled], kind="stable")]
    numbers = np.empty(len(codes), np.int64)
    numbers[dealt] = np.arange(len(codes)) % folds
    return numbers


def at_random(n: int, folds: int, *, seed: int) -> np.ndarray:
    """(n,) int64: a fold from 0 for each row, of sizes that differ by one at most.

    Parameters
    ----------
    n : int
        Number of rows.
    folds : int
        Number of folds, at least 2.
    seed : int
        Seed of all random numbers.
    """
    return stratified(np.zeros(n, np.int64), folds, seed=seed)


def given_split(is_test: np.ndarray) -> np.ndarray:
    """(n,) int64: 0 for the rows of a given test set, -1 for those to learn from.

    Parameters
    ----------
    is_test : ndarray of shape (n,), bool
        Which rows are tested.
    """
    mask = np.asarray(is_test)
    if mask.dtype != bool or mask.ndim != 1 or mask.all() or not mask.any():
        raise InputError(f"a split is (n,) of True for tests and False for training, with both, not {mask!r}")
    return np.where(mask, 0, -1)


def numbered(folds: Folds, codes: np.ndarray, seed: int) -> np.ndarray:
    """`folds` as numbers: dealt out by class where a count is given, checked where the numbers are."""
    if isinstance(folds, int | np.integer):
        return stratified(codes, int(folds), seed=seed)
    numbers = np.asarray(folds)
    if numbers.dtype.kind not in "iu" or numbers.shape != codes.shape:
        raise InputError(
            f"folds are a count or (n,) fold numbers for n = {len(codes):,}, not {numbers.dtype} {numbers.shape}"
        )
    if not (numbers >= 0).any():
        raise InputError("no row is in a fold from 0, so none is tested; -1 is for rows to learn from")
    if (numbers == numbers[0]).all():
        raise InputError("all rows are in one fold, so none is left to learn from; give -1 or another fold")
    return numbers.astype(np.int64)


def splits(numbers: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each fold its rows to learn from (all others) and its rows to test."""
    present = np.unique(numbers[numbers >= 0])
    return [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in present]


def _checked_number(folds: int, n: int) -> int:
    if isinstance(folds, bool) or folds < 2:
        raise OptionError(f"folds must be a whole number from 2, not {folds!r}")
    if folds > n:
        raise OptionError(f"{n} rows cannot be dealt to {folds} folds; give folds={n} at most")
    return folds
