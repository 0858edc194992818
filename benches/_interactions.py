"""The logs of choices that the benches on users and items share, as CSR of ones: rows users, columns items."""

from __future__ import annotations

import lzma
import zipfile
from pathlib import Path

import numpy as np
from scipy import sparse

USERS = Path(__file__).parents[2] / "shared" / "data" / "users"


def movielens() -> tuple[sparse.csr_array, np.ndarray]:
    """MovieLens-100K, all ratings, and the times of its choices in the order of `data`."""
    with zipfile.ZipFile(USERS / "ml-100k.zip").open("ml-100k/u.data") as lines:
        rows = np.loadtxt(lines, dtype=np.int64)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    seen = of_pairs(rows[:, 0] - 1, rows[:, 1] - 1)
    return seen, rows[:, 3]


def lastfm() -> sparse.csr_array:
    """LastFM HetRec 2011: artists that a user has heard at all."""
    with lzma.open(USERS / "lastfm-hetrec" / "user_artist.dat.xz") as lines:
        rows = np.loadtxt(lines, dtype=np.int64)
    return of_pairs(*(np.unique(rows[:, column], return_inverse=True)[1] for column in (0, 1)))


def citeulike() -> sparse.csr_array:
    """CiteULike-a: articles in a user's library."""
    with lzma.open(USERS / "citeulike-a" / "users.dat.xz", "rt") as lines:
        rows = [np.array(line.split()[1:], np.int64) for line in lines]
    return of_pairs(np.repeat(np.arange(len(rows)), [len(row) for row in rows]), np.concatenate(rows))


def of_pairs(users: np.ndarray, items: np.ndarray) -> sparse.csr_array:
    """CSR of ones; a pair given twice counts once."""
    seen = sparse.csr_array((np.ones(len(users), np.float32), (users, items)))
    seen.data[:] = 1
    return seen


def generated(pairs: int, users: int = 140_000, items: int = 27_000, kinds: int = 50) -> sparse.csr_array:
    """About so many choices: popular items, and those of a user's own kind ten times as often."""
    random = np.random.default_rng(0)
    popular = 1 / np.arange(1, items // kinds + 1) ** 0.8
    popular /= popular.sum()
    lengths = np.minimum(random.pareto(1.5, users) + 0.2, 30)
    lengths = (lengths * pairs * 1.25 / lengths.sum()).astype(np.int64) + 1
    who = np.repeat(np.arange(users, dtype=np.int32), lengths)
    kind = np.where(random.random(len(who)) < 0.5, who % kinds, random.integers(kinds, size=len(who)))
    which = random.choice(len(popular), size=len(who), p=popular) * kinds + kind
    return of_pairs(who, which.astype(np.int32))
