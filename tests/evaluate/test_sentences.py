from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from likewise.errors import InputError, WrongType
from likewise.evaluate import Report, sentences

LINE = 'main-news\tMSRvid\t2012test\t0024\t2.500\tA girl is "styling her hair.\tA girl brushes hair.\n'


def test_correlations_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    left, right = generator.standard_normal((2, 60, 5)).astype(np.float32)
    cosines = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    human = np.round(cosines + 0.5 * generator.standard_normal(60), 1)
    found = sentences.evaluate(left, right, human)
    assert found.spearman == pytest.approx(spearmanr(cosines, human).statistic, abs=1e-6)
    assert found.pearson == pytest.approx(pearsonr(cosines, human).statistic, abs=1e-6)
    assert found.interval is not None
    assert found.interval[0] < found.spearman < found.interval[1]
    assert [row.metric for row in Report(tuple(sentences.rows(found, "sts"))).rows] == ["spearman", "pearson"]


def test_an_empty_sentence_counts_as_cosine_zero_and_is_told() -> None:
    left = np.array([[1, 0], [1, 0], [0, 0], [1, 0]], np.float32)
    right = np.array([[1, 0], [-1, 0], [1, 0], [0, 1]], np.float32)
    found = sentences.evaluate(left, right, np.array([5, 0, 2, 2]))
    assert found.spearman == pytest.approx(1)
    assert (found.known, found.total) == (3, 4)
    none = sentences.evaluate(left[:0], right[:0], np.array([]))
    assert (none.spearman, none.interval) == (0, None)
    assert "no correlation" in none.note


def test_shapes_that_do_not_fit_are_refused() -> None:
    two = np.ones((2, 3), np.float32)
    for left, right, scores in (
        (two, two[:1], np.ones(2)),
        (two, two, np.ones(3)),
        (two[0], two[0], np.ones(3)),
    ):
        with pytest.raises(InputError, match="shapes"):
            sentences.evaluate(left, right, scores)


def test_a_file_is_read_as_it_stands_with_quotes_that_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "made.csv.xz"
    path.write_bytes(lzma.compress((LINE + LINE.rstrip("\n") + "\tsource\tlicence\r\n").encode()))
    pairs = sentences.load(path)
    assert pairs.name == "made"
    assert pairs.left == ('A girl is "styling her hair.',) * 2
    assert pairs.right == ("A girl brushes hair.",) * 2
    assert pairs.scores.tolist() == [2.5, 2.5]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no pairs"),
        (LINE.encode() + b"a\tb\n", "line 2: 2 columns"),
        (LINE.replace("2.500", "nan").encode(), "line 1: the score is 'nan'"),
        (b"\xff" + LINE.encode(), "byte 0 is not UTF-8"),
    ],
)
def test_a_bad_file_is_told_by_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "made.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        sentences.load(path)


def test_a_file_that_is_not_there_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        sentences.load(tmp_path / "none.csv")
    (tmp_path / "bad.xz").write_bytes(b"no xz")
    with pytest.raises(InputError, match="not xz"):
        sentences.load(tmp_path / "bad.xz")
    with pytest.raises(WrongType, match="path"):
        sentences.load(3)  # type: ignore[arg-type]


def test_the_benchmark_is_read_whole(shared_data: Path) -> None:
    folder = shared_data / "documents" / "stsbenchmark"
    if not folder.is_dir():
        pytest.skip("the STS benchmark is not in ../shared/data")
    sizes = {
        name: len(sentences.load(folder / f"sts-{name}.csv.xz").scores) for name in ("train", "dev", "test")
    }
    assert sizes == {"train": 5749, "dev": 1500, "test": 1379}
    pairs = sentences.load(folder / "sts-test.csv.xz")
    assert 0 <= pairs.scores.min() < pairs.scores.max() == 5
    # words in common, as vectors: the simplest thing that knows anything at all
    words = sorted({word for text in pairs.left + pairs.right for word in text.lower().split()})
    place = {word: i for i, word in enumerate(words)}

    def counted(texts: tuple[str, ...]) -> np.ndarray:
        found = np.zeros((len(texts), len(words)), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                found[row, place[word]] += 1
        return found

    found = sentences.evaluate(counted(pairs.left), counted(pairs.right), pairs.scores, resamples=0)
    assert 0.4 < found.spearman < 0.45
