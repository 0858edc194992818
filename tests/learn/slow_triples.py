"""The four scores and their cross-entropy again, in loops over complex numbers: the twin of learn/triples."""

from __future__ import annotations

import numpy as np


def complex_rows(rows: np.ndarray) -> np.ndarray:
    half = rows.shape[-1] // 2
    return rows[..., :half] + 1j * rows[..., half:]


def score(method: str, entities: np.ndarray, relations: np.ndarray, h: int, r: int, t: int) -> float:
    """By the formulas of the papers; r beyond the relations is the inverse."""
    head, tail = entities[h].astype(np.float64), entities[t].astype(np.float64)
    if method in ("transe", "rotate"):
        turned, row = divmod(r, len(relations))
        way = relations[row].astype(np.float64) * (-1 if turned else 1)
        if method == "transe":
            return -float(np.linalg.norm(head + way - tail))
        return -float(np.linalg.norm(complex_rows(head) * np.exp(1j * way) - complex_rows(tail)))
    way = relations[r].astype(np.float64)
    if method == "distmult":
        return float(sum(head * way * tail))
    return float(np.real(np.sum(complex_rows(head) * complex_rows(way) * np.conj(complex_rows(tail)))))


def loss(
    method: str, entities: np.ndarray, relations: np.ndarray, queries: list[tuple[int, int, int]]
) -> float:
    """Summed softmax cross-entropy of triples (head, relation or inverse, tail) against all entities."""
    total = 0.0
    for h, r, t in queries:
        found = np.array([score(method, entities, relations, h, r, e) for e in range(len(entities))])
        total += float(np.log(np.exp(found - found.max()).sum()) + found.max() - found[t])
    return total


def sampled_loss(
    method: str, entities: np.ndarray, relations: np.ndarray, queries: list[tuple[int, int, int]], sample: np.ndarray
) -> float:  # fmt: skip
    """The same against sampled entities, each for n / k, known answers left out."""
    weight, answers = len(entities) / len(sample), set(queries)
    total = 0.0
    for h, r, t in queries:
        own = score(method, entities, relations, h, r, t)
        others = [
            score(method, entities, relations, h, r, e) for e in sample.tolist() if (h, r, e) not in answers
        ]
        total += float(np.log(np.exp(own) + weight * np.exp(others).sum()) - own)
    return total


def penalty(
    method: str, entities: np.ndarray, relations: np.ndarray, queries: list[tuple[int, int, int]]
) -> float:
    """Σ |x|³ over head, relation and tail of every triple; rotations have none."""

    def cubes(row: np.ndarray) -> float:
        return float(np.sum(np.abs(complex_rows(row) if method in ("complex", "rotate") else row) ** 3))

    kinds = 0.0
    if method != "rotate":
        kinds = sum(cubes(relations[r % len(relations)]) for _, r, _ in queries)
    return sum(cubes(entities[h]) + cubes(entities[t]) for h, _, t in queries) + kinds


def both_ways(triples: np.ndarray, relations: int) -> list[tuple[int, int, int]]:
    given = {tuple(triple) for triple in triples.tolist()}
    return sorted({(h, r, t) for h, r, t in given} | {(t, r + relations, h) for h, r, t in given})
