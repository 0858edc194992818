from __future__ import annotations

import numpy as np
import pytest

from likewise.neural import packing
from likewise.system.seeds import generator


def lengths_of(n: int, width: int) -> np.ndarray:
    return generator(0, "test.packing").integers(1, width + 1, n)


def test_each_sequence_stands_once_and_none_overlaps() -> None:
    lengths = lengths_of(300, 32)
    layout = packing.packed(lengths, width=33, lead=1)
    for i, length in enumerate(lengths):
        row, columns = np.nonzero(layout.sequences == i)
        assert len(set(row)) == 1
        assert columns.tolist() == list(range(columns[0], columns[0] + length + 1))
        assert layout.positions[row[0], columns].tolist() == list(range(length + 1))
        assert layout.firsts[i] == row[0] * 33 + columns[0]
    empty = layout.sequences < 0
    assert (layout.positions[empty] == 0).all()
    assert empty.sum() == layout.sequences.size - lengths.sum() - len(lengths)


def test_tokens_keep_their_order_whatever_the_rows() -> None:
    lengths = lengths_of(50, 16)
    layout = packing.packed(lengths, width=20)
    ids = np.arange(lengths.sum())
    assert (layout.spread(ids, -1).ravel()[layout.slots] == ids).all()
    owners = layout.sequences.ravel()[layout.slots]
    assert owners.tolist() == np.repeat(np.arange(50), lengths).tolist()


def test_hardly_a_slot_is_wasted() -> None:
    lengths = lengths_of(4000, 112) + 16
    rows, _ = packing.fit(lengths, 128)
    assert lengths.sum() / ((rows.max() + 1) * 128) > 0.97


@pytest.mark.parametrize("lengths", [[], [1], [5, 5, 5], [8]])
def test_none_one_and_equal_sequences(lengths: list[int]) -> None:
    layout = packing.packed(np.array(lengths, np.int64), width=8)
    assert len(layout.firsts) == len(lengths)
    assert len(layout.slots) == sum(lengths) == (layout.sequences >= 0).sum()


@pytest.mark.parametrize("length", [0, 9])
def test_a_length_that_cannot_stand_in_a_row_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="lengths must be 1 to 8"):
        packing.fit(np.array([3, length]), 8)


def test_long_rows_are_cut_into_equal_parts_and_empty_ones_left_out() -> None:
    offsets = np.array([0, 0, 3, 13, 13, 17])
    starts, stops = packing.cut(offsets, 4)
    assert list(zip(starts.tolist(), stops.tolist(), strict=True)) == [
        (0, 3),
        (3, 6),
        (6, 9),
        (9, 13),
        (13, 17),
    ]


@pytest.mark.parametrize("kind", ["packed", "sorted"])
def test_batches_take_every_sequence_once_within_their_size(kind: str) -> None:
    lengths, random = lengths_of(500, 30), generator(0, "test.batches")
    if kind == "packed":
        groups = list(packing.packed_groups(lengths, 320, 32, 1, random))
    else:
        groups = list(packing.sorted_groups(lengths, 320, random))
    assert sorted(np.concatenate([g.members for g in groups]).tolist()) == list(range(500))
    for group in groups:
        assert (group.rows.max() + 1) * group.width <= 320
        packing.layout(
            lengths[group.members], group.rows, group.starts, group.width, lead=int(kind == "packed")
        )
    heights = [g.rows.max() + 1 for g in groups]
    if kind == "packed":
        assert max(heights) - min(heights) <= 1


def test_alone_gives_each_sequence_a_row() -> None:
    layout = packing.alone(np.array([2, 3]))
    assert layout.sequences.tolist() == [[0, 0, -1], [1, 1, 1]]
    assert layout.positions.tolist() == [[0, 1, 0], [0, 1, 2]]
