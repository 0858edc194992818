"""Two spaces that are known turns of each other, and what no map can bring together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from likewise.arrays.linalg import unit_rows
from likewise.errors import InputError, OptionError
from likewise.probing.align import align, procrustes, ranks
from likewise.table import Table

Made = tuple[Table, Table, np.ndarray]


def turned(n: int = 80, dim: int = 8, noise: float = 0.0) -> Made:
    """A table, the same turned, stretched by 3 and moved, its keys in another order, and the turn."""
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((n, dim)).astype(np.float32)
    turn = np.linalg.qr(draw.standard_normal((dim, dim)))[0]
    moved = 3 * vectors @ turn + 5 + noise * draw.standard_normal((n, dim))
    keys, order = [f"k{i}" for i in range(n)], draw.permutation(n)
    return Table(keys, vectors), Table([keys[i] for i in order], moved[order].astype(np.float32)), turn


def test_a_turn_is_found_exactly_and_keys_held_out_match() -> None:
    a, b, turn = turned()
    found = align(a, b, scale=True)
    np.testing.assert_allclose(found.map.matrix, 3 * turn, atol=1e-4)
    np.testing.assert_allclose(found.map(a.vectors), b.encode(a.keys), atol=1e-3)
    assert found.precision(1) == 1
    assert found.cosine == pytest.approx(1, abs=1e-5)
    assert found.without is not None
    assert found.without[1] < 0.3
    assert (found.pairs, found.learnt, len(found.ranks), found.candidates) == (80, 64, 16, 80)
    assert found.chance(5) == 5 / 80


def test_procrustes_keeps_distances_and_is_the_nearest_turn() -> None:
    a, b, _ = turned(noise=1.0)
    x, y = a.vectors.astype(np.float64), b.encode(a.keys).astype(np.float64)
    found = procrustes(x, y, centre=False)
    np.testing.assert_allclose(found.matrix @ found.matrix.T, np.eye(8), atol=1e-12)
    least = ((x @ found.matrix - y) ** 2).sum()
    draw = np.random.default_rng(1)
    for _ in range(20):
        slight = np.linalg.qr(np.eye(8) + 0.05 * draw.standard_normal((8, 8)))[0]
        slight *= np.sign(np.diag(slight))
        assert ((x @ found.matrix @ slight - y) ** 2).sum() > least


def test_the_best_stretch_is_the_one_of_least_squares() -> None:
    a, b, _ = turned(noise=1.0)
    x, y = a.vectors.astype(np.float64), b.encode(a.keys).astype(np.float64)
    error = [
        ((factor * (x - x.mean(0)) @ procrustes(x, y).matrix + y.mean(0) - y) ** 2).sum()
        for factor in np.linspace(2, 4, 401)
    ]
    by = np.linalg.norm(procrustes(x, y, scale=True).matrix, axis=1)[0]
    assert by == pytest.approx(np.linspace(2, 4, 401)[int(np.argmin(error))], abs=0.01)


def test_ridge_maps_between_widths() -> None:
    a, b, _ = turned()
    narrow = Table(b.keys, b.vectors[:, :5])
    found = align(a, narrow, method="ridge")
    assert found.precision(1) == 1
    assert found.without is None
    assert found.penalty is not None
    assert found.map.table(a).dim == 5
    with pytest.raises(OptionError, match="8 and 5"):
        align(a, narrow)


def test_pairs_of_other_names_are_a_dictionary() -> None:
    a, b, _ = turned()
    other = Table([key.upper() for key in b.keys], b.vectors)
    with pytest.raises(InputError, match="0 keys in both"):
        align(a, other)
    pairs = [(key, key.upper()) for key in a.keys] + [("none", "K1"), ("k1", "none")]
    assert align(a, other, pairs=pairs, scale=True).precision(1) == 1
    with pytest.raises(InputError, match="'k3' stands in two"):
        align(a, other, pairs=[*pairs, ("k3", "K4")])


def test_strangers_match_no_better_than_chance() -> None:
    draw = np.random.default_rng(2)
    keys = [str(i) for i in range(300)]
    a, b = (Table(keys, draw.standard_normal((300, 20)).astype(np.float32)) for _ in range(2))
    found = align(a, b)
    assert found.precision(5) < 0.15
    assert abs(found.cosine - found.others) < 0.1


def test_csls_is_what_its_formula_says() -> None:
    a, b, _ = turned(120, 4, noise=0.8)
    mapped = unit_rows(align(a, b).map(a.vectors))
    right, tested = b.places(a.keys), np.arange(0, 120, 2)
    cosines = mapped @ b.unit.T
    hub = np.sort(cosines, axis=0)[-10:].mean(axis=0)
    for csls, scores in ((False, cosines), (True, 2 * cosines - hub)):
        order = np.argsort(-scores, axis=1)
        twin = [min(6, 1 + int(np.flatnonzero(order[i] == right[i])[0])) for i in tested]
        assert ranks(mapped, tested, b, right, csls).tolist() == twin
    assert align(a, b, csls=True).is_csls


def test_zero_vectors_are_left_out_and_stay_zero() -> None:
    a, b, _ = turned()
    vectors = a.vectors.copy()
    vectors[2] = 0
    found = align(Table(a.keys, vectors), b, scale=True)
    assert found.pairs == 79
    assert not found.map(vectors)[2].any()


def test_one_seed_gives_the_same_bits_and_the_report_is_json() -> None:
    a, b, _ = turned(noise=1.0)
    first, second = (align(a, b, seed=3) for _ in range(2))
    assert first.map.matrix.tobytes() == second.map.matrix.tobytes()
    told = json.loads(json.dumps(first.to_json()))
    assert told == second.to_json()
    assert {"p@1", "p@5", "p@1_without", "p@1_chance", "cosine"} <= told.keys()
    assert "without a map" in str(first)


def test_options_that_cannot_be_are_refused() -> None:
    a, b, _ = turned(6)
    with pytest.raises(OptionError, match="'procrustes' or 'ridge'"):
        align(a, b, method="turn")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="centre and scale"):
        align(a, b, method="ridge", scale=True)
    with pytest.raises(OptionError, match="test is a share"):
        align(a, b, test=1.0)
    with pytest.raises(InputError, match="3 keys"):
        align(a.head(3), b)
