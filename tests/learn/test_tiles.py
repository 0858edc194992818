"""The register tiles against ten lines of NumPy each, at the lanes of this processor and at eight."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from likewise.arrays.linalg import aligned_zeros
from likewise.learn.kernels import register_tiles as tiles
from likewise.learn.kernels.simd import WIDTH

OUTPUTS, LINE = tiles.OUTPUTS, 16
ON_FEWER_LANES = "LIKEWISE_TEST_ON_FEWER_LANES"
FEWER_LANES = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+sse4.2,+popcnt,+bmi,+bmi2,+f16c",
}

if ON_FEWER_LANES in os.environ:
    assert (WIDTH, tiles.INPUTS) == (8, 2)

many = settings(max_examples=60, deadline=None)
inputs = st.integers(1, 23)
columns = st.integers(1, 9).map(lambda lines: lines * LINE)
seeds = st.integers(0, 2**32 - 1)
scales = st.sampled_from([1e-3, 0.1, 1.0, 30.0])


def random_rows(n: int, width: int, seed: int, scale: float = 1.0) -> np.ndarray:
    rows = aligned_zeros((n, width))
    rows[:] = np.random.default_rng(seed).normal(0, scale, rows.shape)
    return rows


def addresses(rows: np.ndarray, picks: list[int] | range | None = None) -> np.ndarray:
    """Where each picked row begins; the caller keeps `rows` alive."""
    picked = np.arange(len(rows)) if picks is None else np.array(picks, np.int64)
    return rows.ctypes.data + picked * rows.strides[0]


def gradients_of(n: int, seed: int, scale: float = 1.0) -> np.ndarray:
    """(n, 6) float32 in a longer array of whole vectors, whose rest is NaN: nobody may read it."""
    room = np.full(n * OUTPUTS + 2 * WIDTH, np.nan, np.float32)
    room[: n * OUTPUTS] = np.random.default_rng(seed).normal(0, scale, n * OUTPUTS)
    return room


def near(found: np.ndarray, wanted: np.ndarray, size: np.ndarray | float, terms: int) -> None:
    """Within the rounding of float32 over a sum of `terms` numbers of that size."""
    assert np.all(np.abs(found - wanted) <= 2.0**-22 * (terms + 4) * (np.asarray(size) + 1e-30))


@given(inputs, columns, seeds, scales)
@many
def test_dots(n: int, width: int, seed: int, scale: float) -> None:
    outputs, rows = random_rows(OUTPUTS, width, seed, scale), random_rows(n, width, seed + 1, scale)
    out, at, found = addresses(outputs), addresses(rows), gradients_of(n, 0)
    tiles.dots(out.ctypes.data, at.ctypes.data, n, width * 4, found.ctypes.data)
    wanted = rows.astype(float) @ outputs.T.astype(float)
    near(found[: n * OUTPUTS].reshape(n, OUTPUTS), wanted, np.abs(rows) @ np.abs(outputs).T, width)
    assert np.isnan(found[n * OUTPUTS :]).all(), "written beyond the six numbers of each input"


@given(inputs, columns, seeds, scales, st.sampled_from([(0, 1), (2, 5), (4, 5), None]))
@many
def test_update(n: int, width: int, seed: int, scale: float, same: tuple[int, int] | None) -> None:
    """Also where two of the six outputs are one row: then both changes stay."""
    outputs, rows = random_rows(OUTPUTS, width, seed), random_rows(n, width, seed + 1)
    room = gradients_of(n, seed + 2, scale)
    picks = list(range(OUTPUTS))
    if same is not None:
        picks[same[1]] = same[0]
    g = room[: n * OUTPUTS].reshape(n, OUTPUTS).astype(float)
    old_rows, old_outputs = rows.astype(float), outputs.astype(float)
    new_rows, new_outputs = old_rows + g @ old_outputs[picks], old_outputs.copy()
    np.add.at(new_outputs, picks, g.T @ old_rows)
    out, at = addresses(outputs, picks), addresses(rows)
    tiles.update(out.ctypes.data, at.ctypes.data, n, width * 4, room.ctypes.data)
    size = np.abs(g).max() * 6 + np.abs(old_rows).max() + np.abs(old_outputs).max()
    near(rows, new_rows, size * np.abs(old_outputs).max(), OUTPUTS)
    near(outputs, new_outputs, size * np.abs(old_rows).max() * 2, n)


@given(columns, seeds)
@many
def test_update_of_an_input_that_stands_twice_in_the_window(width: int, seed: int) -> None:
    outputs, rows = random_rows(OUTPUTS, width, seed), random_rows(2, width, seed + 1)
    room = gradients_of(3, seed + 2, 0.1)
    g = room[: 3 * OUTPUTS].reshape(3, OUTPUTS).astype(float)
    wanted = rows.astype(float)
    np.add.at(wanted, [0, 1, 0], g @ outputs.astype(float))
    out, at = addresses(outputs), addresses(rows, [0, 1, 0])
    tiles.update(out.ctypes.data, at.ctypes.data, 3, width * 4, room.ctypes.data)
    near(rows, wanted, 10.0, OUTPUTS)


def test_update_touches_no_row_beside_the_ones_it_is_given() -> None:
    rows = random_rows(40, 48, 5)
    before, room = rows.copy(), gradients_of(3, 6)
    out, at = addresses(rows, range(1, 13, 2)), addresses(rows, [20, 22, 24])
    tiles.update(out.ctypes.data, at.ctypes.data, 3, 48 * 4, room.ctypes.data)
    touched = [*range(1, 13, 2), 20, 22, 24]
    assert np.array_equal(np.delete(rows, touched, 0), np.delete(before, touched, 0))
    assert (rows[touched] != before[touched]).all(axis=1).all()


def fresh_tally() -> np.ndarray:
    tally = np.zeros(3 * WIDTH, np.float32)
    tally[:WIDTH] = 1
    return tally


def loss_of(tally: np.ndarray) -> float:
    """The loss in nats that a tally holds: −log of the product of mantissas · 2^exponents; NaN where any error was."""
    log2 = np.log2(tally[:WIDTH].astype(float)) + tally[WIDTH : 2 * WIDTH].view(np.int32)
    return float(-np.log(2) * log2.sum() + 0 * tally[2 * WIDTH :].sum())


def settled(dots: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dots and labels in whole vectors; the rest is told apart already."""
    whole = -(-len(dots) // WIDTH) * WIDTH
    room, right = np.full(whole, -60.0, np.float32), np.zeros(whole, np.float32)
    room[: len(dots)], right[: len(dots)] = dots, labels
    return room, right


def sigmoid(dots: np.ndarray, labels: np.ndarray, learning_rate: float, tally: np.ndarray) -> np.ndarray:
    room, right = settled(dots, labels)
    tiles.sigmoid(room.ctypes.data, right.ctypes.data, len(dots) // OUTPUTS, learning_rate, tally.ctypes.data)
    return room[: len(dots)]


def slow_sigmoid(dots: np.ndarray, labels: np.ndarray, learning_rate: float) -> tuple[np.ndarray, float]:
    right = 1 / (1 + np.exp(-np.clip(dots.astype(float), -15, 15)))
    error = labels - right
    return learning_rate * error, float(-np.log(1 - np.abs(error)).sum())


@given(inputs, seeds, st.sampled_from([0.5, 3.0, 40.0]), st.sampled_from([1.0, 0.025]))
@many
def test_sigmoid_and_its_loss(n: int, seed: int, scale: float, learning_rate: float) -> None:
    random = np.random.default_rng(seed)
    dots = random.normal(0, scale, n * OUTPUTS).astype(np.float32)
    labels = random.integers(0, 2, n * OUTPUTS).astype(np.float32)
    tally = fresh_tally()
    found = sigmoid(dots, labels, learning_rate, tally)
    wanted, loss = slow_sigmoid(dots, labels, learning_rate)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=4e-7 * learning_rate)
    # At a dot of −15 with label 1, 1 − |error| is 3e-7 ± 1e-7, so float32 knows its logarithm to a few tenths.
    np.testing.assert_allclose(loss_of(tally), loss, rtol=0.02 if scale > 10 else 1e-4, atol=1e-4)


def test_every_dot_from_minus_to_plus_twenty() -> None:
    dots = np.linspace(-20, 20, 6 * 4000, dtype=np.float32)
    for label in (0.0, 1.0):
        labels = np.full(len(dots), label, np.float32)
        found = sigmoid(dots, labels, 1.0, fresh_tally())
        np.testing.assert_allclose(found, slow_sigmoid(dots, labels, 1.0)[0], rtol=0, atol=4e-7)
        assert np.all(np.diff(found) <= 3e-7), "σ never falls"
        assert np.all((found >= 0) if label else (found <= 0)), "a step never goes the wrong way"


def test_the_loss_of_millions_neither_overflows_nor_drifts() -> None:
    dots, labels = np.full(6000, -3.0, np.float32), np.ones(6000, np.float32)
    tally = fresh_tally()
    for _ in range(300):
        sigmoid(dots, labels, 1.0, tally)
    np.testing.assert_allclose(loss_of(tally), 1_800_000 * np.log1p(np.exp(3)), rtol=1e-5)


def test_a_pair_that_is_told_apart_adds_nothing_and_moves_nothing() -> None:
    tally = fresh_tally()
    found = sigmoid(np.full(6, -60, np.float32), np.zeros(6, np.float32), 1.0, tally)
    assert np.abs(found).max() < 1e-6
    assert abs(loss_of(tally)) < 1e-5


@pytest.mark.parametrize("place", [0, 5, 17])
def test_one_nan_sticks_to_the_loss(place: int) -> None:
    tally, dots = fresh_tally(), np.zeros(18, np.float32)
    labels = np.zeros(18, np.float32)
    dots[place] = np.nan
    found = sigmoid(dots, labels, 1.0, tally)
    assert np.flatnonzero(np.isnan(found)).tolist() == [place]
    sigmoid(np.zeros(18, np.float32), labels, 1.0, tally)
    assert np.isnan(loss_of(tally)), "a later whole step has made the loss finite again"


def test_an_infinite_dot_is_clipped_and_still_learnt_from() -> None:
    dots, labels = np.array([np.inf, -np.inf] * 3, np.float32), np.array([0, 1] * 3, np.float32)
    tally = fresh_tally()
    np.testing.assert_allclose(sigmoid(dots, labels, 1.0, tally), np.array([-1, 1] * 3), atol=1e-6)
    assert np.isfinite(loss_of(tally))


@given(inputs, columns, seeds)
@many
def test_mean(n: int, width: int, seed: int) -> None:
    rows, target = random_rows(n, width, seed), random_rows(3, width, 0)
    before, at = target.copy(), addresses(rows)
    tiles.mean(at.ctypes.data, n, width * 4, int(addresses(target)[1]))
    near(target[1], rows.astype(float).mean(axis=0), np.abs(rows).max(axis=0), n)
    assert np.array_equal(target[[0, 2]], before[[0, 2]])


@given(inputs, columns, seeds)
@many
def test_spread_change(n: int, width: int, seed: int) -> None:
    """Also to a row that stands twice: it gets its part twice."""
    rows, pair = random_rows(n, width, seed), random_rows(2, width, seed + 1)
    picks = [*range(n), 0]
    wanted = rows.astype(float)
    np.add.at(wanted, picks, (pair[1].astype(float) - pair[0]) / len(picks))
    at, (before, after) = addresses(rows, picks), (int(a) for a in addresses(pair))
    tiles.spread_change(at.ctypes.data, len(picks), width * 4, after, before)
    near(rows, wanted, 10.0, 2)


@given(columns, seeds, st.floats(1e-3, 100))
@many
def test_bound(width: int, seed: int, largest: float) -> None:
    rows = random_rows(3, width, seed)
    before, at = rows.astype(float), addresses(rows)
    tiles.bound(int(at[1]), width * 4, largest)
    norm = np.linalg.norm(before[1])
    np.testing.assert_allclose(rows[1], before[1] * min(1.0, largest / norm), rtol=1e-5, atol=1e-30)
    assert np.array_equal(rows[[0, 2]], before[[0, 2]])


def test_bound_leaves_a_row_that_is_short_enough_as_it_is_bit_for_bit() -> None:
    rows = random_rows(1, 32, 1)
    before = rows.copy()
    tiles.bound(int(addresses(rows)[0]), 128, float(np.linalg.norm(before)) * 1.001)
    assert np.array_equal(rows, before)
    rows[:] = 0
    tiles.bound(int(addresses(rows)[0]), 128, 1.0)
    assert not rows.any()


@njit
def prefetched(address: int, nbytes: int) -> None:
    tiles.prefetch_row(address, nbytes)


def test_asking_for_a_row_ahead_changes_nothing_and_fails_nowhere() -> None:
    rows = random_rows(4, 64, 1)
    before = rows.copy()
    for address in (rows.ctypes.data, rows.ctypes.data + rows.nbytes, 0, 64, 2**47 - 64):
        prefetched(address, 256)
    assert np.array_equal(rows, before)


@pytest.mark.skipif(ON_FEWER_LANES in os.environ, reason="this is the process with eight lanes")
def test_all_of_these_with_eight_lanes(tmp_path: Path) -> None:
    """AVX2, so the tiles of most machines, whatever machine this is."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("only x86-64 can be told to be an older x86-64")
    env = {**os.environ, **FEWER_LANES, ON_FEWER_LANES: "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-p", "no:cacheprovider"]
    child = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout[-3000:]
