from __future__ import annotations

import math

import pytest

from likewise.table import Table
from likewise.training.model_card import card
from likewise.words import Reading, word2vec


@pytest.fixture(scope="module")
def table() -> Table:
    rows = ["the king | and the queen", "the queen and the king"] * 5
    return word2vec(
        rows, dim=8, epochs=3, min_count=2, seed=7, sample=0, threads=1, reading=Reading(max_vocabulary=50)
    )


def test_a_card_says_what_from_what_and_how(table: Table) -> None:
    text = card(table)
    assert text.startswith("# 4 words × 8\n")
    for line in (
        "| seed | 7 |", "| method | skipgram |", "| min_count | 2 |", "| max_vocabulary | 50 |", "| window | 5 |",
        f"| untrained | {6 * math.log(2):.4f} |", f"| epoch 3 | {table.facts['losses'][2]:.4f} |",
        "| from | given from Python as a list |",
    ):  # fmt: skip
        assert line in text.splitlines(), line
    assert "fewer than 2 times" in text


def test_a_card_says_its_limits(table: Table) -> None:
    limits = card(table).partition("## Limits")[2]
    assert "prejudices" in limits
    assert "A falling loss does not say" in limits


def test_every_row_of_a_card_has_two_cells_whatever_stands_in_them(table: Table) -> None:
    facts = {**table.facts, "text": "a|b\nc"}
    rows = [
        line for line in card(Table(table.keys, table.vectors, facts=facts)).splitlines() if line[:1] == "|"
    ]
    assert all(row.replace("\\|", "").count("|") == 3 for row in rows)
    assert "| from | a\\|b c |" in rows


def test_the_first_loss_is_near_that_of_an_untrained_model(table: Table) -> None:
    """What the card calls untrained: −log ½ for the true word and for each noise word."""
    assert table.facts["losses"][0] == pytest.approx(6 * math.log(2), rel=0.02)
