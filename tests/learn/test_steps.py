"""One position trained, against the slope of its loss; and the meeting of threads."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest

from likewise.arrays.linalg import aligned_zeros
from likewise.learn.kernels.barrier import wait_for_all
from likewise.learn.kernels.simd import WIDTH
from likewise.learn.sgns import steps

COLUMNS, WINDOW = 16, 3
CONTEXT, CENTRE = [0, 1, 3, 4], 2
NOISE = [5, 6, 7, 8, 9]


def rows_at_random(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    inputs, outputs = (aligned_zeros((10, COLUMNS)) for _ in range(2))
    for rows in (inputs, outputs):
        rows[:] = random.normal(0, 0.5, rows.shape)
    return inputs, outputs


def one_step(
    is_skipgram: bool,
    inputs: np.ndarray,
    outputs: np.ndarray,
    noise: list[int],
    learning_rate: float,
    largest: float = 0.0,
) -> tuple[int, np.ndarray]:
    """Train the third of five words, in place; the pairs and the tally of the loss."""
    floats, addresses, rows = steps.workspace(WINDOW, COLUMNS)
    tally = np.zeros(3 * WIDTH, np.float32)
    tally[:WIDTH] = 1
    width, segments = COLUMNS * 4, np.array([[0, 5, CENTRE, CENTRE + 1]], np.int32)
    at = np.arange(5) * width
    pairs = steps.train_block(
        is_skipgram, inputs.ctypes.data + at, outputs.ctypes.data + at,
        outputs.ctypes.data + np.array(noise, np.int64) * width, segments, 1, width, WINDOW, False, len(noise),
        learning_rate, largest, np.uint64(1), floats, addresses, rows, tally,
    )  # fmt: skip
    return pairs, tally


def loss(is_skipgram: bool, inputs: np.ndarray, outputs: np.ndarray, noise: list[int] = NOISE) -> float:
    """−log σ(true) − Σ log σ(−noise), for each context word or, as often as there are any, for their mean."""
    vectors = inputs[CONTEXT] if is_skipgram else np.repeat(inputs[CONTEXT].mean(axis=0)[None], 4, axis=0)
    return float(
        np.logaddexp(0, -vectors @ outputs[CENTRE]).sum() + np.logaddexp(0, vectors @ outputs[noise].T).sum()
    )


def told(tally: np.ndarray) -> float:
    """The loss in nats that a tally holds."""
    return float(-np.log(2) * (np.log2(tally[:WIDTH]).sum() + tally[WIDTH : 2 * WIDTH].view(np.int32).sum()))


def slope(is_skipgram: bool, inputs: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
    """The gradient of the loss by central differences, in float64."""
    both = [inputs.astype(float), outputs.astype(float)]
    found = []
    for rows in both:
        gradient = np.zeros(rows.shape)
        for place in np.ndindex(rows.shape):
            kept = rows[place]
            sides = []
            for step in (1e-5, -1e-5):
                rows[place] = kept + step
                sides.append(loss(is_skipgram, *both))
            rows[place] = kept
            gradient[place] = (sides[0] - sides[1]) / 2e-5
        found.append(gradient)
    return found


@pytest.mark.parametrize("is_skipgram", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("learning_rate", [1.0, 0.01])
def test_a_step_goes_down_the_slope_of_the_loss(is_skipgram: bool, seed: int, learning_rate: float) -> None:
    """Both matrices from the old values of the other, so the change is −rate · gradient at any rate.

    How often a CBOW position counts is a choice; that both matrices must count it equally often is none.
    """
    inputs, outputs = rows_at_random(seed)
    before = np.stack([inputs, outputs])
    gradient = np.stack(slope(is_skipgram, inputs, outputs))
    one_step(is_skipgram, inputs, outputs, NOISE, learning_rate)
    change = (np.stack([inputs, outputs]).astype(float) - before) / learning_rate
    weight = -(change * gradient).sum() / (gradient * gradient).sum()
    assert weight == pytest.approx(1, rel=1e-3) if is_skipgram else weight > 0.1
    np.testing.assert_allclose(change, -weight * gradient, atol=1e-6 + 2e-7 / learning_rate)


@pytest.mark.parametrize("is_skipgram", [True, False])
def test_a_small_step_lowers_the_loss_and_a_step_tells_what_it_was(is_skipgram: bool) -> None:
    inputs, outputs = rows_at_random(4)
    before = loss(is_skipgram, inputs.astype(float), outputs.astype(float))
    pairs, tally = one_step(is_skipgram, inputs, outputs, NOISE, 0.01)
    assert pairs == (4 if is_skipgram else 1)
    assert told(tally) * (1 if is_skipgram else 4) == pytest.approx(before, rel=1e-5)
    assert loss(is_skipgram, inputs.astype(float), outputs.astype(float)) < before


@pytest.mark.parametrize("is_skipgram", [True, False])
@pytest.mark.parametrize("negatives", [1, 2, 4])
def test_places_left_over_in_a_tile_move_nothing_and_cost_nothing(is_skipgram: bool, negatives: int) -> None:
    inputs, outputs = rows_at_random(5)
    before, wanted = outputs.copy(), loss(is_skipgram, inputs, outputs, NOISE[:negatives])
    _, tally = one_step(is_skipgram, inputs, outputs, NOISE[:negatives], 0.5)
    assert told(tally) * (1 if is_skipgram else 4) == pytest.approx(wanted, rel=1e-4)
    moved = np.flatnonzero((outputs != before).any(axis=1)).tolist()
    assert moved == sorted([CENTRE, *NOISE[:negatives]])


@pytest.mark.parametrize("is_skipgram", [True, False])
def test_a_noise_word_drawn_twice_is_pushed_twice(is_skipgram: bool) -> None:
    once, twice = rows_at_random(6), rows_at_random(6)
    before = once[1].copy()
    one_step(is_skipgram, *once, [5, 6], 0.1)
    one_step(is_skipgram, *twice, [5, 5], 0.1)
    np.testing.assert_allclose(twice[1][5] - before[5], 2 * (once[1][5] - before[5]), rtol=1e-4, atol=1e-6)


def test_rows_of_the_centre_are_bounded() -> None:
    inputs, outputs = rows_at_random(7)
    one_step(True, inputs, outputs, NOISE, 0.1, largest=0.5)
    assert np.linalg.norm(inputs[CENTRE]) <= 0.5 + 1e-6
    assert np.linalg.norm(outputs[CENTRE]) <= 0.5 + 1e-6
    assert np.linalg.norm(inputs[0]) > 0.5


def test_the_workspace_has_room_for_the_widest_window() -> None:
    for window in (1, 2, 5, 7, 100):
        floats, addresses, rows = steps.workspace(window, COLUMNS)
        assert floats.shape[1] >= 6 * 2 * window + WIDTH - 1
        assert addresses.shape[1] >= max(2 * window + 1, 6)
        assert floats[1].sum() == 2 * window
        assert rows.shape == (3, COLUMNS)


def test_the_time_of_a_row_is_measured() -> None:
    assert 0 < steps.seconds_of_a_row(16) < 1e-3


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_no_thread_passes_a_meeting_before_all_have_come(threads: int) -> None:
    """Also with more threads than processors."""
    counter, rounds = np.zeros(16, np.int64), 200
    arrived = np.zeros(threads, np.int64)
    wrong: list[int] = []

    def work(thread: int) -> None:
        for number in range(1, rounds + 1):
            arrived[thread] = number
            wait_for_all(counter.ctypes.data, (2 * number - 1) * threads)
            if (arrived != number).any():
                wrong.append(number)
            wait_for_all(counter.ctypes.data, 2 * number * threads)

    workers = [Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert counter[0] == 2 * rounds * threads
