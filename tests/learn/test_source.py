from __future__ import annotations

from dataclasses import replace

import made_worlds
import numpy as np
import pytest
from test_sgns import SMALL, copied, digest

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn import epochs
from likewise.learn.kernels.row_stream import Source, count_ids, sort_by_frequency, stream_of
from likewise.learn.sgns import epoch as sgns_epoch
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import Settings, State

PARTS = 3


@pytest.fixture(autouse=True)
def many_barriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgns_epoch, "FREQUENT_ROWS", 16)
    monkeypatch.setattr(sgns_epoch, "BARRIER_TOKENS", 128)


def drawn(epoch: int, part: int) -> Ragged:
    """Other rows for every epoch and part, of other lengths."""
    random = np.random.default_rng([epoch, part])
    return Ragged.from_rows([random.integers(0, 90, random.integers(0, 20)) for _ in range(30 + 9 * part)])


MADE = Source(drawn, PARTS, 1200)
COUNTS = np.arange(90, 0, -1)


def trained(
    source: Source | Ragged, settings: Settings, threads: int = 1, state: State | None = None
) -> State:
    state = sgns.fresh(90, settings) if state is None else state
    for _ in sgns.train(state, source, COUNTS, settings, threads=threads):
        pass
    return state


def test_rows_in_one_part_are_rows_as_they_are() -> None:
    ids = made_worlds.zipf(90, 60, 30)[0]
    assert digest(trained(stream_of(ids), SMALL)) == digest(trained(ids, SMALL))


def test_the_same_bits_at_any_number_of_threads() -> None:
    settings = replace(SMALL, replicas=4)
    assert len({digest(trained(MADE, settings, threads)) for threads in (1, 2, 3, 5)}) == 1


@pytest.mark.parametrize("racing", [False, True])
def test_every_pair_of_every_part_is_trained_once_an_epoch(racing: bool) -> None:
    settings = replace(SMALL, window=2, dynamic_window=False, sample=0, epochs=3, replicas=4, racing=racing)
    state, seen = sgns.fresh(90, settings), dict[int, int]()
    for _ in sgns.train(state, MADE, COUNTS, settings):
        seen[state.epoch] = max(seen.get(state.epoch, 0), state.pairs)
    for epoch in range(2):
        lengths = np.concatenate([drawn(epoch, part).lengths for part in range(PARTS)])
        pairs = sum(2 * max(0, int(n) - distance) for n in lengths for distance in (1, 2))
        last = drawn(epoch, PARTS - 1).lengths
        assert pairs - sum(4 * n for n in last) <= seen[epoch] <= pairs
    assert len(state.losses) == 3


def test_each_epoch_and_part_is_asked_for_once_and_in_turn() -> None:
    asked = []

    def rows(epoch: int, part: int) -> Ragged:
        asked.append((epoch, part))
        return drawn(epoch, part)

    trained(Source(rows, PARTS, 1200), SMALL)
    assert asked == [(epoch, part) for epoch in range(SMALL.epochs) for part in range(PARTS)]


def test_stopped_at_every_yield_and_gone_on_with_is_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)
    settings = replace(SMALL, replicas=3, max_norm=0.8)
    state, places = sgns.fresh(90, settings), []
    for _ in sgns.train(state, MADE, COUNTS, settings):
        places.append(copied(state))
    assert len(places) > 2 * PARTS
    for place in places[::3]:
        assert digest(trained(MADE, settings, threads=2, state=place)) == digest(state)


def test_progress_rises_to_the_end() -> None:
    told = list(sgns.train(sgns.fresh(90, SMALL), MADE, COUNTS, SMALL))
    done = [progress.done for progress in told]
    assert done == sorted(set(done))
    assert done[-1] == told[-1].total == SMALL.epochs * PARTS * 1200
    learning_rates = [progress.learning_rate for progress in told]
    assert learning_rates == sorted(learning_rates, reverse=True)


@pytest.mark.parametrize("rows", [[], [[]], [[3]]])
def test_parts_without_pairs_move_nothing(rows: list[list[int]]) -> None:
    state = trained(Source(lambda epoch, part: Ragged.from_rows(rows), 2, 5), SMALL)
    assert state.losses == [0.0] * SMALL.epochs
    assert not state.outputs.any()


def test_more_ids_than_were_said_are_refused() -> None:
    with pytest.raises(InputError, match=r"part 0 of epoch 0 holds \d+ ids: at most 50 were said"):
        trained(replace(MADE, tokens=50), SMALL)


def test_counts_are_those_of_the_first_epoch_and_never_zero() -> None:
    ids = np.concatenate([drawn(0, part).ids for part in range(PARTS)])
    counts = count_ids(MADE, 95)
    np.testing.assert_array_equal(counts[:90], np.maximum(1, np.bincount(ids, minlength=90)))
    assert (counts[90:] == 1).all()


def test_by_frequency_renames_and_says_how() -> None:
    counts = count_ids(MADE, 90)
    source, falling, order = sort_by_frequency(MADE, counts)
    assert (np.diff(falling) <= 0).all()
    np.testing.assert_array_equal(falling, counts[order])
    new, old = source.part(1, 2), drawn(1, 2)
    np.testing.assert_array_equal(order[new.ids], old.ids)
    np.testing.assert_array_equal(new.offsets, old.offsets)


def test_parts_draw_differently() -> None:
    """The same rows twice in an epoch meet other noise, or a walk would be trained twice the same way."""
    ids = made_worlds.zipf(90, 60, 30)[0]
    once = trained(stream_of(ids), replace(SMALL, epochs=2, learning_rate=1e-3))
    parts = trained(
        Source(lambda epoch, part: ids, 2, len(ids.ids)), replace(SMALL, epochs=1, learning_rate=1e-3)
    )
    assert digest(once) != digest(parts)
    assert np.abs(once.outputs - parts.outputs).max() < 0.01
