"""How likely a triple is: four scores of head, relation and tail, each written as query against tail.

    transe    −‖h + r − t‖         Bordes et al. 2013, eq. 1
    distmult  ⟨h, r, t⟩            Yang et al. 2015, §3.1
    complex   Re⟨h, r, t̄⟩          Trouillon et al. 2016, eq. 9
    rotate    −‖h ∘ e^{iθ} − t‖    Sun et al. 2019, eq. 2

The norm is Euclidean. What head and relation say together is one vector, the query (h + r, h ∘ r, …), of the tail's own
kind; so the scores of b queries against n tails are one matrix product, (b, dim) by (dim, n), for all four.

A question for the head is a question for the tail of the inverse relation, numbered r more. TransE and RotatE turn a
relation round by its sign. DistMult and ComplEx learn a row of its own for it, the *reciprocal* relation of Lacroix et
al. 2018 (§3.3), which is why DistMult can tell the two ways apart.

A vector of `complex` and `rotate` has dim / 2 complex numbers: first all real parts, then all imaginary ones.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from likewise.errors import OptionError

Method = Literal["transe", "distmult", "complex", "rotate"]
METHODS = ("transe", "distmult", "complex", "rotate")
DISTANCES = ("transe", "rotate")  # their score is a distance, less than 0
COMPLEX = ("complex", "rotate")  # their vectors are of complex numbers
NEAREST = 1e-6  # a distance is never taken for less: at 0 it has no slope


def relation_shape(method: Method, relations: int, dim: int) -> tuple[int, int]:
    """The rows and columns of the relations' parameters; rotations are angles in radians."""
    if method not in METHODS:
        raise OptionError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    rows = relations if method in DISTANCES else 2 * relations
    return rows, dim // 2 if method == "rotate" else dim


def parameters(method: Method, relations: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For relations `asked` (b,), below 2r with the inverses: the row of each, and its sign (b, 1) float32."""
    if method not in DISTANCES:
        return asked, np.ones((len(asked), 1), np.float32)
    turned = asked >= len(relations)
    return np.where(turned, asked - len(relations), asked), np.where(turned, -1, 1)[:, None].astype(
        np.float32
    )


def queries(method: Method, heads: np.ndarray, relations: np.ndarray) -> np.ndarray:
    """(b, dim) float32: what heads (b, dim) and relations (b, …), already signed, expect of the tail."""
    if method == "transe":
        return heads + relations
    if method == "distmult":
        return heads * relations
    return _times(heads, _numbers(method, relations))


def pulled(
    method: Method, heads: np.ndarray, relations: np.ndarray, slopes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes by the heads and by the relations, given those by the queries (b, dim): the chain rule."""
    if method == "transe":
        return slopes, slopes
    if method == "distmult":
        return slopes * relations, slopes * heads
    by_heads = _times(slopes, _conjugate(_numbers(method, relations)))
    if method == "complex":
        return by_heads, _times(slopes, _conjugate(heads))
    # An angle moves the query h ∘ e^{iθ} by i times itself.
    real, imaginary = _halves(_times(heads, _numbers(method, relations)))
    of_real, of_imaginary = _halves(slopes)
    return by_heads, of_imaginary * real - of_real * imaginary


def scored(method: Method, asked: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """(b, n) float32: the scores of queries (b, dim) against tails (n, dim), larger is likelier."""
    products = asked @ tails.T
    if method not in DISTANCES:
        return products
    squares = np.einsum("ij,ij->i", asked, asked)[:, None] + np.einsum("ij,ij->i", tails, tails)
    return -np.sqrt(np.maximum(squares - 2 * products, np.float32(NEAREST**2)))


def _numbers(method: Method, relations: np.ndarray) -> np.ndarray:
    """Complex numbers as two halves, of which rotations know the angles."""
    if method == "rotate":
        return np.concatenate([np.cos(relations), np.sin(relations)], axis=1)
    return relations


def _halves(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = rows.shape[1] // 2
    return rows[:, :half], rows[:, half:]


def _times(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    (a, b), (c, d) = _halves(x), _halves(y)
    return np.concatenate([a * c - b * d, a * d + b * c], axis=1)


def _conjugate(rows: np.ndarray) -> np.ndarray:
    real, imaginary = _halves(rows)
    return np.concatenate([real, -imaginary], axis=1)
