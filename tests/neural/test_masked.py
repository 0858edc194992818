from __future__ import annotations

import numpy as np
import pytest
from made_texts import MASK

from likewise.arrays.ragged import Ragged
from likewise.errors import OptionError
from likewise.neural import packing
from likewise.neural.text.masked import Masked
from likewise.system.seeds import generator

V = 1000


def text(rows: int = 400) -> Ragged:
    random = generator(0, "test.masked")
    return Ragged.from_rows([random.integers(2, V, 50) for _ in range(rows)])


def test_fifteen_in_a_hundred_are_asked_about_and_most_of_them_masked() -> None:
    rows = text()
    layout = packing.packed(rows.lengths, width=128, lead=1)
    batch = Masked(V, MASK, (0,)).example(rows.ids, layout, generator(1, "test.hiding"))
    slots, answers = batch.targets[0].numpy(), batch.answers[0].numpy()
    shown = batch.ids.numpy().ravel()
    assert len(slots) / len(rows.ids) == pytest.approx(0.15, abs=0.01)
    np.testing.assert_array_equal(answers, layout.spread(rows.ids, 0).ravel()[slots])
    assert (shown[slots] == MASK).mean() == pytest.approx(0.8, abs=0.03)
    assert (shown[slots] == answers).mean() == pytest.approx(0.1, abs=0.03)
    others = shown[slots][(shown[slots] != MASK) & (shown[slots] != answers)]
    assert len(others) / len(slots) == pytest.approx(0.1, abs=0.03)
    assert len(set(others)) > 0.8 * len(others)
    assert others.min() > 1
    untouched = np.setdiff1d(layout.slots, slots)
    np.testing.assert_array_equal(shown[untouched], layout.spread(rows.ids, 0).ravel()[untouched])


def test_other_questions_at_every_step_and_the_ids_are_left_as_they_are() -> None:
    rows = text(5)
    before, layout = rows.ids.copy(), packing.packed(rows.lengths, lead=1)
    first, again, other = (
        Masked(V, MASK).example(rows.ids, layout, generator(1, "test.hiding", step)) for step in (0, 0, 1)
    )
    assert first.targets[0].tolist() == again.targets[0].tolist() != other.targets[0].tolist()
    np.testing.assert_array_equal(rows.ids, before)


def test_special_pieces_are_never_asked_about() -> None:
    rows = Ragged.from_rows([[0, 5, 1, 0, 6]] * 200)
    batch = Masked(V, MASK, (0,), share=0.9).example(
        rows.ids, packing.packed(rows.lengths, lead=1), generator(0, "test")
    )
    assert set(batch.answers[0].tolist()) == {5, 6}


def test_all_pieces_of_a_word_are_asked_about_or_none() -> None:
    continues = np.arange(V) >= 500
    rows = Ragged.from_rows([[2, 500, 501, 3, 4, 502], [600, 601, 5]] * 300)
    layout = packing.packed(rows.lengths, lead=1)
    chosen = Masked(V, MASK, continues=continues).chosen(rows.ids, layout, generator(0, "test.words"))
    asked = np.zeros(len(rows.ids), bool)
    asked[chosen] = True
    per_row = np.split(asked, rows.offsets[1:-1])
    first, second = np.array(per_row[::2]), np.array(per_row[1::2])
    assert (first[:, 0] == first[:, 1]).all()
    assert (first[:, 1] == first[:, 2]).all()
    assert (first[:, 4] == first[:, 5]).all()
    assert (second[:, 0] == second[:, 1]).all()  # a row that begins with the end of a word
    assert (first[:, 5] != second[:, 0]).any()  # a word does not reach into the next row
    assert (first[:, 2] != first[:, 3]).any()
    assert asked.mean() == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("continues", [None, np.arange(V) >= 500])
def test_the_shortest_text_is_asked_one_question_and_none_but_special_pieces_none(
    continues: np.ndarray | None,
) -> None:
    objective = Masked(V, MASK, (0,), share=1e-9, continues=continues)
    one, none = Ragged.from_rows([[0, 7]]), Ragged.from_rows([[0, 1]])
    random = generator(0, "test")
    assert objective.chosen(one.ids, packing.packed(one.lengths), random).tolist() == [1]
    assert objective.chosen(none.ids, packing.packed(none.lengths), random).tolist() == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mask": 5}, "special ids must be below 5"),
        ({"mask": 1, "share": 0.0}, "share must be above 0"),
        ({"mask": 1, "special": (0, 2, 3)}, "none is left to predict"),
        ({"mask": 1, "continues": np.zeros(4, bool)}, "continues must be given for 5 tokens"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Masked(5, **options)  # type: ignore[arg-type]
