"""The scores of a triple by TransE, DistMult, ComplEx and RotatE, each written as a query against a tail.

    transe    −‖h + r − t‖         Bordes et al. 2013, eq. 1
    distmult  ⟨h, r, t⟩            Yang et al. 2015, §3.1
    complex   Re⟨h, r, t̄⟩          Trouillon et al. 2016, eq. 9
    rotate    −‖h ∘ e^{iθ} − t‖    Sun et al. 2019, eq. 2

The norm is Euclidean. Head and relation together make one vector, the query (h + r, h ∘ r, …), of the same shape as a
tail. So the scores of b queries against n tails are one matrix product, (b, dim) by (dim, n), for all four methods.

The head of (?, r, t) is the tail of (t, r⁻¹, ?). The inverse relation r⁻¹ has the number r + number of relations.
TransE and RotatE invert a relation by its sign. DistMult and ComplEx train a row of its own for it, the *reciprocal*
relation of Lacroix et al. 2018 (§3.3), so that DistMult, too, distinguishes the two directions.

A vector of `complex` and `rotate` has dim / 2 complex numbers: first all real parts, then all imaginary ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from likewise.arrays.graph.queries import Queries
from likewise.arrays.linalg import top_k
from likewise.errors import OptionError

Method = Literal["transe", "distmult", "complex", "rotate"]
METHODS = ("transe", "distmult", "complex", "rotate")
DISTANCES = ("transe", "rotate")  # their score is a distance, less than 0
COMPLEX = ("complex", "rotate")  # their vectors are of complex numbers
LEAST_DISTANCE = 1e-6  # at distance 0 there is no gradient

# score(entities (b,), relations (b,)) -> (b, n); relation r + number of relations stands for the inverse of r
Scorer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def relation_shape(method: Method, relations: int, dim: int) -> tuple[int, int]:
    """The rows and columns of the relations' parameters; rotations are angles in radians."""
    if method not in METHODS:
        raise OptionError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    rows = relations if method in DISTANCES else 2 * relations
    return rows, dim // 2 if method == "rotate" else dim


def parameters(method: Method, relations: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row of each relation of `ids` (b,), which are below 2r with the inverses, and its sign (b, 1) float32."""
    if method not in DISTANCES:
        return ids, np.ones((len(ids), 1), np.float32)
    is_inverse = ids >= len(relations)
    signs = np.where(is_inverse, -1, 1)[:, None].astype(np.float32)
    return np.where(is_inverse, ids - len(relations), ids), signs


def queries(method: Method, heads: np.ndarray, relations: np.ndarray) -> np.ndarray:
    """(b, dim) float32: the tail that heads (b, dim) and signed relations (b, …) predict."""
    if method == "transe":
        return heads + relations
    if method == "distmult":
        return heads * relations
    return _complex_product(heads, _as_complex(method, relations))


def backward(
    method: Method, heads: np.ndarray, relations: np.ndarray, gradient: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients by the heads and by the relations, from those by the queries (b, dim): the chain rule."""
    if method == "transe":
        return gradient, gradient
    if method == "distmult":
        return gradient * relations, gradient * heads
    by_heads = _complex_product(gradient, _conjugate(_as_complex(method, relations)))
    if method == "complex":
        return by_heads, _complex_product(gradient, _conjugate(heads))
    # The derivative of the query h ∘ e^{iθ} by the angle is i times the query.
    real, imaginary = _halves(_complex_product(heads, _as_complex(method, relations)))
    by_real, by_imaginary = _halves(gradient)
    return by_heads, by_imaginary * real - by_real * imaginary


def score_all(method: Method, rows: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """(b, n) float32: the scores of queries (b, dim) against tails (n, dim), larger is more likely."""
    products = rows @ tails.T
    if method not in DISTANCES:
        return products
    squares = np.einsum("ij,ij->i", rows, rows)[:, None] + np.einsum("ij,ij->i", tails, tails)
    return -np.sqrt(np.maximum(squares - 2 * products, np.float32(LEAST_DISTANCE**2)))


def scorer(method: Method, entities: np.ndarray, relations: np.ndarray) -> Scorer:
    """A function that scores all entities (n, dim) of a trained model; both arrays are those of a `State`."""

    def score(heads: np.ndarray, ids: np.ndarray) -> np.ndarray:
        rows, signs = parameters(method, relations, ids)
        return score_all(method, queries(method, entities[heads], relations[rows] * signs), entities)

    return score


def predict(
    score: Scorer, entity: int, relation: int, *, k: int = 10, known: Queries | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The at most k most likely answers to (entity, relation, ?) and their scores, best first, ties by number.

    `relation` + number of relations stands for (?, relation, entity). Answers in `known` are left out.
    """
    heads, ids = np.array([entity]), np.array([relation])
    found = np.array(score(heads, ids))
    if known is not None:
        found[0, known.answers(known.find(heads, ids))[1]] = -np.inf
    best = top_k(found, k)[0]
    best = best[found[0, best] > -np.inf]
    return best, found[0, best]


def _as_complex(method: Method, relations: np.ndarray) -> np.ndarray:
    """Complex numbers as two halves; the parameters of rotations are angles."""
    if method == "rotate":
        return np.concatenate([np.cos(relations), np.sin(relations)], axis=1)
    return relations


def _halves(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = rows.shape[1] // 2
    return rows[:, :half], rows[:, half:]


def _complex_product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    (a, b), (c, d) = _halves(x), _halves(y)
    return np.concatenate([a * c - b * d, a * d + b * c], axis=1)


def _conjugate(rows: np.ndarray) -> np.ndarray:
    real, imaginary = _halves(rows)
    return np.concatenate([real, -imaginary], axis=1)
