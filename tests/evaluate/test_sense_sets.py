"""Usages with their meanings: read as they are published, told by what is nearest, counted by their definitions."""

from __future__ import annotations

import bz2
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from likewise.errors import InputError
from likewise.evaluate import senses


def written(folder: Path, word: str, train: list[tuple[str, int]], test: list[tuple[str, int]]) -> Path:
    """A word in the layout of CoarseWSD-20; the word stands second in each text."""
    place = folder / word
    place.mkdir(parents=True)
    (place / "classes_map.txt").write_text('{"0": "food", "1": "firm"}')
    for part, rows in (("train", train), ("test", test)):
        (place / f"{part}.data.txt").write_text("".join(f"1\t{text}\n" for text, _ in rows))
        (place / f"{part}.gold.txt").write_text("".join(f"{code}\n" for _, code in rows))
    return folder


def first_word(texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> np.ndarray:
    """Vectors that know only whether the text begins with "red"."""
    assert all(text[a:b] == "apple" for text, (a, b) in zip(texts, spans, strict=True))
    return np.array([[1.0, 0.1] if text.startswith("red") else [0.1, 1.0] for text in texts])


TRAIN = [("red apple", 0), ("red apple tree", 0), ("the apple store", 1)]
TEST = [("red apple pie", 0), ("an apple phone", 1), ("red apple share", 1), ("my apple", 1)]


def test_the_nearest_meaning_is_told_and_counted(tmp_path: Path) -> None:
    found = senses.coarse(written(tmp_path, "apple", TRAIN, TEST))
    assert senses.is_coarse(tmp_path)
    assert [each.meanings for each in found] == [["food", "firm"]]
    assert senses.nearest_meanings(first_word, found[0]).tolist() == [0, 1, 0, 1]
    told = senses.evaluate_words(first_word, found)
    assert told.micro == 0.75
    assert told.macro == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert senses.score(found[0], senses.commonest_meaning(found[0]))[:2] == pytest.approx((0.25, 0.2))
    rows = senses.measured({"by first word": first_word}, found, "made")
    assert [row.metric for row in rows] == [
        "micro-F1, commonest meaning", "macro-F1, commonest meaning", "micro-F1, by first word",
        "macro-F1, by first word",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: (p / "train.gold.txt").write_text("0\n"), "3 texts and 1 meanings"),
        (lambda p: (p / "train.gold.txt").write_text("0\n0\n7\n"), "below 2"),
        (lambda p: (p / "test.data.txt").write_text("9\tan apple\n" * 4), "token 9 of 2"),
        (lambda p: (p / "classes_map.txt").write_text("{"), "apple"),
        (lambda p: (p / "test.gold.txt").unlink(), "apple"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named(tmp_path: Path, spoil: object, said: str) -> None:
    written(tmp_path, "apple", TRAIN, TEST)
    spoil(tmp_path / "apple")  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        senses.coarse(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    assert not senses.is_coarse(tmp_path)
    assert not senses.is_wic(tmp_path)
    with pytest.raises(InputError, match=r"classes_map\.txt"):
        senses.coarse(tmp_path)


def test_pairs_are_told_by_the_threshold_of_the_training_pairs() -> None:
    def pairs(cosines: list[float], same: list[bool]) -> senses.Pairs:
        texts = [str(c) for c in cosines]
        spans, codes = [(0, 1)] * len(texts), np.zeros(len(texts), np.int64)
        return senses.Pairs(
            senses.Usages(texts, spans, codes),
            senses.Usages(["1.0"] * len(texts), spans, codes),
            np.array(same),
        )

    def represent(texts: Sequence[str], spans: object) -> np.ndarray:
        return np.array([[float(t), np.sqrt(1 - float(t) ** 2)] for t in texts])

    train = pairs([0.9, 0.8, 0.7, 0.2, 0.1], [True, True, False, False, False])
    test = pairs([0.95, 0.75, 0.71, 0.0], [True, True, True, False])
    assert senses.evaluate_pairs(represent, senses.WiC(train, test)) == 1.0
    none = pairs([0.1, 0.2], [True, True])
    assert senses.evaluate_pairs(represent, senses.WiC(none, pairs([0.0], [True]))) == 1.0


def test_the_published_sets_are_read_whole(shared_data: Path, tmp_path: Path) -> None:
    archive = shared_data / "contextual" / "CoarseWSD-20.tar.bz2"
    with tarfile.open(fileobj=io.BytesIO(bz2.decompress(archive.read_bytes()))) as tar:
        tar.extractall(tmp_path, filter="data")
    found = senses.coarse(tmp_path / "CoarseWSD-20")
    assert (len(found), sum(len(w.train.codes) for w in found), sum(len(w.test.codes) for w in found)) == (
        20, 23370, 10196,
    )  # fmt: skip
    scores = [senses.score(each, senses.commonest_meaning(each)) for each in found]
    micro = sum(m * n for m, _, n in scores) / 10196
    assert (round(micro, 3), round(float(np.mean([f for _, f, _ in scores])), 3)) == (0.734, 0.332)
    pairs = senses.wic(shared_data / "contextual" / "WiC")
    assert (len(pairs.train.same), len(pairs.test.same), pairs.test.same.mean()) == (5428, 638, 0.5)
