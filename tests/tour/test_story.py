"""The whole tour, once, short; and what it says held against what it has learnt."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.errors import InputError, MissingExtra, OptionError
from likewise.system.progress import Progress
from likewise.tour import corpora, tour
from likewise.training.plan import Plan

pytestmark = pytest.mark.slow


def test_it_leaves_a_page_a_model_and_the_text(walked: tuple[Path, list[Plan | Progress]]) -> None:
    out, _ = walked
    assert sorted(path.name for path in out.iterdir()) == [
        "model", "news", "news.csv", "ratings.csv", "report.html", "text.txt",
    ]  # fmt: skip
    table = likewise.load(out / "model")
    assert table.dim == 50
    assert len(table) > 20_000
    assert table.facts["training"]["seed"] == 1


def test_the_page_tells_what_the_model_says(walked: tuple[Path, list[Plan | Progress]]) -> None:
    out, _ = walked
    page, table = (out / "report.html").read_text(encoding="utf-8"), likewise.load(out / "model")
    near = likewise.Table(table.head(5000).keys, table.head(5000).vectors).similar("king", 6)
    assert ", ".join(key for key, _ in near) in page
    score = likewise.evaluate.evaluate(table, ["wordsim353"], seed=1).rows[0]
    assert f">{score.value:.3f}<" in page
    assert (
        f">{table.similarity('bank', 'money'):.2f}<" in page
        or f"money {table.similarity('bank', 'money'):.2f}" in page
    )
    assert f">{table.facts['losses'][-1]:.3f}<" in page


def test_the_vectors_beat_their_baselines_even_when_it_is_quick(
    walked: tuple[Path, list[Plan | Progress]],
) -> None:
    table = likewise.load(walked[0] / "model")
    report = likewise.evaluate.evaluate(table, ["wordsim353", "simlex999"])
    assert report.warnings == ()
    assert report.rows[0].value > 0.35


def test_the_page_tells_what_the_model_of_the_news_says_and_gives_advice(
    walked: tuple[Path, list[Plan | Progress]],
) -> None:
    out, _ = walked
    page, news = (out / "report.html").read_text(encoding="utf-8"), likewise.load(out / "news")
    assert news.dim == 100
    assert len(news.index) == 2225
    assert ", ".join(key for key, _ in news.similar_terms("striker", 5)) in page
    assert f"keep {news.facts['energy']:.0%} of the squares" in page
    assert "Keep tf-idf" in page or "Use " in page
    assert "random-100" in page


def test_the_page_has_every_chapter_its_pictures_and_no_script(
    walked: tuple[Path, list[Plan | Progress]],
) -> None:
    page = (walked[0] / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2[^>]*>([^<]+)", page)
    assert headings[0] == "Text becomes numbers"
    assert headings[-1] == "Your turn"
    assert len(headings) == 32
    assert page.count("<svg ") == 13
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#|data:image/png;base64,)', page)


def test_it_tells_of_the_plan_the_training_and_the_chapters(
    walked: tuple[Path, list[Plan | Progress]],
) -> None:
    told = walked[1]
    assert sum(isinstance(one, Plan) for one in told) == 1
    stages = [one.stage for one in told if isinstance(one, Progress)]
    assert list(dict.fromkeys(stages))[-2:] == ["training", "writing"]
    assert isinstance(told[-1], Progress)
    assert told[-1].done == told[-1].total


def test_the_same_bits_from_the_text_on_disk_and_at_other_threads_and_in_the_place_of_an_earlier_tour(
    walked: tuple[Path, list[Plan | Progress]], tmp_path: Path
) -> None:
    out, _ = walked
    first, page = likewise.load(out / "model").vectors.copy(), (out / "report.html").read_bytes()
    tour(out, quick=True, threads=2)
    assert np.array_equal(first, likewise.load(out / "model").vectors)
    assert (out / "report.html").read_bytes() == page
    again = likewise.words.word2vec(out / "text.txt", dim=50, window=10, epochs=5, seed=1)
    assert np.array_equal(first, again.vectors)


def test_nothing_is_written_where_a_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(corpora, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra):
        tour(tmp_path / "tour", quick=True)
    assert list(tmp_path.iterdir()) == []


def test_a_place_or_a_seed_that_will_not_do_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be made"):
        tour(tmp_path / "missing" / "tour", quick=True)
    with pytest.raises(OptionError, match="seed"):
        tour(tmp_path / "tour", seed=-1)
    assert list(tmp_path.iterdir()) == []
