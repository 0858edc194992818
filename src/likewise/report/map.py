"""Words on a plane, near each other where their vectors are: PCA, then t-SNE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import InputError, OptionError, WrongType
from likewise.report.scatter import scatter
from likewise.system import seeds

if TYPE_CHECKING:
    from likewise.table import Table

LARGEST = 2000  # more take minutes, and their labels no longer fit on a page
FEWEST = 5  # under this t-SNE has no neighbours to keep
COMPONENTS = 50  # what PCA keeps, as van der Maaten & Hinton (2008) did: faster, and less noise


def coordinates(vectors: np.ndarray, *, seed: int) -> np.ndarray:
    """(n, 2) float64 places on a plane, from -1 to 1, that keep neighbours (by cosine) together.

    PCA to 50 dimensions, then t-SNE (van der Maaten & Hinton 2008; Barnes-Hut, perplexity 30 or (n - 1) / 3
    where that is less) started from the first two principal components (Kobak & Berens 2019). Fewer than 5
    points are placed by PCA alone, and points that are all equal stand at the origin. One thread, so that one
    seed gives the same places; distances between far clusters mean little. `vectors` is (n, dim).

    Raises `InputError` where vectors are not finite, or not (n, dim); `OptionError` for more than 2,000
    points.

    Parameters
    ----------
    vectors : ndarray of shape (n, dim)
        Vectors.
    seed : int
        Seed of all random numbers.
    """
    rows = _checked(vectors)
    flat = _principal(unit_rows(rows))
    if len(rows) >= FEWEST and np.ptp(flat) > 0:
        flat = _tsne(flat, seeds.checked(seed))
    flat = flat[:, :2] - flat[:, :2].mean(axis=0) if len(flat) else flat[:, :2]
    largest = np.abs(flat).max(initial=0.0)
    return flat / largest if largest > 0 else flat


def word_map(
    table: Table,
    keys: Sequence[str] | None = None,
    *,
    n: int = 300,
    groups: Mapping[str, str] | None = None,
    title: str = "Map of words",
    seed: int = 0,
) -> str:
    """An SVG that shows `keys`, or the n most frequent of `table`, placed by `coordinates` of their vectors.

        `groups` gives keys a group, shown by colour and shape with a legend; others are grey. Labels that would
        cover a point or a label placed before are left out (earlier keys first) and appear on hovering. The
    figure takes its text colour from the page it stands in. A key given twice is shown once.

        Raises `UnknownKey`; `OptionError` for more than 2,000 keys or 32 groups; `WrongType` for one string as
        keys.

    Parameters
    ----------
    table : Table
        Vectors.
    keys : sequence of str or None, default None
        Keys to draw. None: the first `n`.
    n : int, default 300
        Number of keys to draw, if `keys` is None.
    groups : dict or None, default None
        Name of a group to its keys, which share a colour.
    title : str, default "Map of words"
        Title.
    seed : int, default 0
        Seed of all random numbers.
    """
    if isinstance(keys, str):
        raise WrongType(f"keys are given as a list, not the one string {keys!r}; write [{keys!r}]")
    chosen = list(dict.fromkeys(table.head(n).keys if keys is None else keys))
    of = {} if groups is None else groups
    points = coordinates(table.vectors[[table.index(key) for key in chosen]], seed=seed)
    return scatter(points, chosen, [of.get(key) for key in chosen], title=title)


def _checked(vectors: np.ndarray) -> np.ndarray:
    rows = np.asarray(vectors)
    if rows.ndim != 2:
        raise InputError(f"vectors have shape {rows.shape}, wanted (n, dim); put one vector in [v]")
    if len(rows) > LARGEST:
        raise OptionError(
            f"{len(rows):,} points do not fit on a map, at most {LARGEST:,}; choose the most frequent"
        )
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(f"vector {row} holds NaN or infinity, wanted finite numbers; leave it out")
    return rows.astype(np.float64)


def _principal(rows: np.ndarray) -> np.ndarray:
    """(n, 2 to 50) float64 scores on the principal components, signs fixed by the largest loading."""
    if len(rows) == 0:
        return np.zeros((0, 2))
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    left, lengths, right = np.linalg.svd(centred, full_matrices=False)
    lengths = np.where(lengths > 1e-6, lengths, 0)  # float32 rows that are equal differ by this little
    signs = np.sign(np.take_along_axis(right, np.abs(right).argmax(axis=1)[:, None], axis=1)[:, 0])
    scores = (left * lengths * signs)[:, :COMPONENTS]
    return np.pad(scores, ((0, 0), (0, max(0, 2 - scores.shape[1]))))


def _tsne(scores: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = scores[:, :2] / scores[:, 0].std() * 1e-4
    perplexity = min(30.0, (len(scores) - 1) / 3)
    drawn = int(seeds.generator(seed, "t-SNE").integers(2**31))
    with threadpool_limits(1):  # several threads would add up forces in the order they finish
        tsne = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=drawn)
        return tsne.fit_transform(scores.astype(np.float32)).astype(np.float64)
