from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.data.text import blocks
from likewise.errors import ArtifactError, InputError, OptionError, WrongType
from likewise.tokens.corpus.custom_tokenizer import texts_of
from likewise.tokens.corpus.word_pattern import Words
from likewise.tokens.subwords.tokenizer import SPECIALS, Subwords
from likewise.tokens.subwords.training import no_panic

pytest.importorskip("tokenizers")

METHODS = ["bpe", "wordpiece", "unigram"]
SENTENCES = [
    f"The {size} {animal} {act} the {size} {thing}, didn't it? Ünlike café no. {number}!"
    for size in ("small", "smaller", "smallest", "tall", "taller", "tallest")
    for animal in ("walrus", "walker", "singer")
    for act in ("walked", "singing", "sings")
    for number, thing in enumerate(("wall", "hall", "halls"))
]
TRAINED = {method: Subwords.train(SENTENCES, method=method, size=400) for method in METHODS}
EXACT = {
    method: Subwords.train(SENTENCES, method=method, size=400, case="keep", form=None)
    for method in ("bpe", "unigram")
}
TRAIN_ELSEWHERE = """
import json, sys
from likewise.tokens.subwords.tokenizer import Subwords
texts = json.load(sys.stdin)
found = {m: Subwords.train(texts, method=m, size=400) for m in ("bpe", "wordpiece", "unigram")}
json.dump({m: [s.to_json(), s.encode(texts).ids.tolist()] for m, s in found.items()}, sys.stdout)
"""


def elsewhere(**variables: str) -> dict:
    """Trained in a process of its own, with another order of hashes."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN_ELSEWHERE],
        input=json.dumps(SENTENCES),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_same_text_gives_the_same_bytes_whatever_the_threads():
    others = [elsewhere(RAYON_NUM_THREADS="3"), elsewhere(TOKENIZERS_PARALLELISM="false")]
    for method in ("bpe", "wordpiece"):
        own = TRAINED[method]
        for other in others:
            assert other[method] == [own.to_json(), own.encode(SENTENCES).ids.tolist()]
    for other in others:  # unigram promises this much, and that a stored one cuts as it did
        stored, ids = other["unigram"]
        read = Subwords.from_json(stored)
        assert len(set(read.keys) & set(TRAINED["unigram"].keys)) >= 0.95 * len(read)
        assert read.encode(SENTENCES).ids.tolist() == ids


def test_the_most_frequent_pairs_are_merged_first():
    words = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3  # Sennrich et al. 2016, algorithm 1
    found = Subwords.train(words, size=261 + 4, min_count=1)
    assert found.keys[261:] == ["es", "est", "lo", "low"]
    assert found.split_word("lowest") == ["low", "est"]
    assert Subwords.train(words, size=300, min_count=8).keys[261:] == ["es", "est"]


def longest_match(word: str, keys: list[str]) -> list[str]:
    """WordPiece as its paper tells it."""
    found, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if mark + word[start:end] in keys]
        if not ends:
            return ["[UNK]"]
        found.append(mark + word[start : ends[0]])
        start = ends[0]
    return found


@pytest.mark.parametrize("word", ["smallest", "walking", "hallsinging", "s", "zoo", "東", "unlike", "no"])
def test_wordpiece_takes_the_longest_piece_from_the_left(word):
    assert TRAINED["wordpiece"].split_word(word) == longest_match(word, TRAINED["wordpiece"].keys)


@pytest.mark.parametrize("method", ["bpe", "unigram"])
@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=60) | st.text(alphabet="aÉe\u0301 \t\n\r\0'’[MASK]Ġ▁#東😀\u200d1.", max_size=60))
def test_every_text_comes_back(method, text):
    exact = EXACT[method]
    assert exact.decode(exact.encode([text])[0]) == text
    spelt = TRAINED[method]._stored.tokenizer.normalizer.normalize_str(text)
    assert TRAINED[method].decode(TRAINED[method].encode([text])[0]) == spelt


def test_case_and_form_are_those_of_unicode():
    text = "CAFE\u0301 ÇA ﬁne"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        found = Subwords.train(SENTENCES, size=270, form=form)
        assert found.decode(found.encode([text])[0]) == unicodedata.normalize(form, text.lower())


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(alphabet="aAbÉe\u0301 東\n.,'x😀", max_size=30), max_size=5))
def test_places_are_those_of_the_text_as_given(method, texts):
    found = TRAINED[method]
    rows, places = found.encode_with_places(texts)
    alone = found.encode(texts)
    np.testing.assert_array_equal(rows.ids, alone.ids)
    np.testing.assert_array_equal(rows.offsets, alone.offsets)
    assert places.shape == (len(rows.ids), 2)
    for text, start, end in zip(texts, rows.offsets, rows.offsets[1:], strict=False):
        own = places[start:end]
        assert (own[:, 0] <= own[:, 1]).all()
        assert own.min(initial=0) >= 0
        assert own.max(initial=0) <= len(text)
        covered = {place for first, last in own.tolist() for place in range(first, last)}
        letters = {i for i, char in enumerate(text) if not char.isspace() and not unicodedata.combining(char)}
        assert letters <= covered


@pytest.mark.parametrize("method", METHODS)
def test_places_lead_from_pieces_to_words(method):
    text = "The SMALLEST Walrus"
    rows, places = TRAINED[method].encode_with_places([text])
    keys = [TRAINED[method].keys[number].removeprefix("Ġ").removeprefix("##") for number in rows[0]]
    words = [text[start:end].lower() for start, end in places.tolist()]
    assert [key for key in keys if key] == [word for word in words if word]
    assert "".join(words) == "".join(Words().split(text))


def test_a_text_never_becomes_a_special():
    for method in METHODS:
        found = Subwords.train([*SENTENCES, *["[MASK] [PAD]"] * 50], method=method, size=500, case="keep")
        assert found.keys[:5] == list(SPECIALS)
        assert found.specials == SPECIALS
        ids = found.encode(["a [MASK] [PAD][MASK]"]).ids
        assert ids.min() >= 5
        assert found.decode([4, *ids, 0]) == found.decode(ids)
    with pytest.raises(OptionError, match="may be a word of a text"):
        Subwords.train(SENTENCES, specials=("MASK",))


@pytest.mark.parametrize("method", METHODS)
def test_no_texts_and_texts_without_pieces(method):
    found = TRAINED[method]
    assert len(found.encode([])) == 0
    assert found.encode(["", "a", ""]).lengths.tolist() == [0, 1, 0]
    rows, places = found.encode_with_places([])
    assert (len(rows), places.shape) == (0, (0, 2))
    assert found.decode([]) == ""
    assert found.encode(["same", "same"])[0].tolist() == found.encode(iter(["same"]))[0].tolist()


@pytest.mark.parametrize("method", METHODS)
def test_little_text(method):
    for texts in ([], [""], ["", ""], iter([])):
        with pytest.raises(InputError, match="no text"):
            Subwords.train(texts, method=method)
    for texts in (["a"], ["\0\x01 \x7f"], ["東"], [" "], ["a", "a"]):
        found = Subwords.train(texts, method=method)
        assert found.encode(["a"]).lengths.tolist() == [1]


@pytest.mark.parametrize("method", METHODS)
def test_too_small_a_size_says_what_is_needed(method):
    with pytest.raises(OptionError, match=r"size 30 is too small: .* need \d+") as told:
        Subwords.train(SENTENCES, method=method, size=30)
    least = int(str(told.value).rsplit(" ", 1)[1])
    assert len(Subwords.train(SENTENCES, method=method, size=least)) == least
    with pytest.raises(OptionError):
        Subwords.train(SENTENCES, method=method, size=least - 1)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "bert"},
        {"case": "upper"},
        {"form": "nfc"},
        {"size": 0},
        {"min_count": 0},
        {"method": "unigram", "min_count": 2},
        {"specials": ("[A]", "[A]")},
        {"specials": ("",)},
        {"method": "wordpiece", "specials": ("[PAD]",)},
    ],
)
def test_options_out_of_range(options):
    with pytest.raises(OptionError):
        Subwords.train(SENTENCES, **options)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_text(method):
    for work in (lambda texts: Subwords.train(texts, method=method), TRAINED[method].encode):
        with pytest.raises(WrongType, match="put it in a list"):
            work("one text")
        with pytest.raises(WrongType, match="row 2 is int"):
            work(["a", 2])
        with pytest.raises(InputError, match=r"row 2, character 3: the lone surrogate '\\ud800'"):
            work(iter(["a", "ab\ud800"]))
    with pytest.raises(WrongType):
        Subwords.train(SENTENCES, method=method, specials="[UNK]")


def test_ids_that_are_no_pieces():
    n = len(TRAINED["bpe"])
    for wrong in (-1, n, 2**40):
        with pytest.raises(InputError, match=f"id {wrong} is none of the {n} tokens"):
            TRAINED["bpe"].decode([5, wrong])
    with pytest.raises(WrongType):
        TRAINED["bpe"].decode([[1]])


@pytest.mark.parametrize("method", METHODS)
def test_a_word_of_a_megabyte_takes_no_square_of_time(method):
    def seconds(megabytes: float) -> float:
        word = "abcdefghij" * int(megabytes * 100_000)
        start = time.process_time()  # a busy machine adds nothing to it
        found = Subwords.train([word], method=method, size=500)
        found.encode_with_places([word])
        return time.process_time() - start

    assert min(seconds(1) for _ in range(3)) < 10 * max(
        min(seconds(0.25) for _ in range(3)), 0.05
    )  # the square would be 16


def test_it_reads_the_rows_of_blocks(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("\n".join(SENTENCES) + "\n\nlast", encoding="utf-8")
    rows = list(texts_of(blocks(path, block_bytes=100)))
    assert rows == [*SENTENCES, "", "last"]
    assert list(texts_of(blocks(iter(["a\nb", ""])))) == ["a\nb", ""]
    assert list(texts_of(blocks(iter([["a", "b"], []])))) == ["a b", ""]
    assert Subwords.train(texts_of(blocks(path)), size=400).keys == Subwords.train(rows, size=400).keys


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_same_after_json_and_pickle(method):
    own = TRAINED[method]
    pretty = json.dumps(json.loads(own.to_json()), indent=1)
    for copy in (
        Subwords.from_json(own.to_json()),
        Subwords.from_json(pretty),
        pickle.loads(pickle.dumps(own)),
    ):
        assert copy == own
        assert hash(copy) == hash(own)
        assert (copy.keys, copy.specials, copy.rules) == (own.keys, own.specials, own.rules)
        assert copy.encode(["[MASK] smaller"]).ids.tolist() == own.encode(["[MASK] smaller"]).ids.tolist()
    assert len(own) == len(own.keys) <= 400
    assert own.rules.method == method


def test_other_programs_read_its_json():
    from tokenizers import Tokenizer

    theirs = Tokenizer.from_str(TRAINED["bpe"].to_json())
    assert theirs.encode("the smallest wall").ids == TRAINED["bpe"].encode(["the smallest wall"]).ids.tolist()
    assert theirs.token_to_id("[MASK]") == 4


def changed(method: str, path: list, value: object) -> str:
    """The JSON of a vocabulary with one value put in the place of another."""
    facts = json.loads(TRAINED[method].to_json())
    inside = facts
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return json.dumps(facts)


DAMAGED = {
    "nothing": "",
    "no JSON": "{",
    "no object": "[1, 2]",
    "empty": "{}",
    "deep": "[" * 100_000,
    "other model": changed("bpe", ["model"], {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}),
    "other cut": changed("bpe", ["pre_tokenizer"], None),
    "slow cut": changed("bpe", ["pre_tokenizer", "pretokenizers", 0, "pattern", "Regex"], "(a+)+$"),
    "padded": changed(
        "bpe",
        ["truncation"],
        {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
    ),
    "random": changed("bpe", ["model", "dropout"], 0.5),
    "a merge of nothing": changed("bpe", ["model", "merges", 0], ["zzz", "yyy"]),
    "an id too far": changed("bpe", ["model", "vocab", "a"], 4_000_000_000),
    "an id below none": changed("bpe", ["model", "vocab", "a"], -1),
    "an id twice": changed("wordpiece", ["model", "vocab", "a"], 7),
    "no bytes": changed(
        "bpe", ["model"], {**json.loads(TRAINED["bpe"].to_json())["model"], "vocab": {}, "merges": []}
    ),
    "special of text": changed("bpe", ["added_tokens", 0, "content"], "smallest"),
    "special moved": changed("bpe", ["added_tokens", 0, "id"], 9),
    "special no more": changed("bpe", ["added_tokens", 0, "special"], False),
    "unknown too far": changed("unigram", ["model", "unk_id"], 7000),
    "unknown elsewhere": changed("unigram", ["model", "unk_id"], 7),
    "score no number": changed("unigram", ["model", "vocab", 9, 1], None),
    "piece twice": changed("unigram", ["model", "vocab", 9, 0], "a"),
    "score too far": changed("unigram", ["model", "vocab", 9, 1], 1e300).replace("1e+300", "1e999"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_json_is_refused(name):
    with pytest.raises(ArtifactError) as told:
        Subwords.from_json(DAMAGED[name])
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 300


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused_or_does_no_harm(method, data):
    text = TRAINED[method].to_json()
    place = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(["", '"', "0", "]", "}", ",", "\\", "null", "\x00"]))
    try:
        found = Subwords.from_json(text[:place] + put + text[place + data.draw(st.integers(0, 3)) :])
    except ArtifactError:
        return
    assert found.encode(["The smallest [MASK]"]).ids.max() < len(found)


def test_too_much_json_is_not_read(monkeypatch):
    monkeypatch.setattr("likewise.tokens.subwords.stored.LONGEST_JSON", 1000)
    with pytest.raises(ArtifactError, match="at most 1,000 are read"):
        Subwords.from_json(TRAINED["bpe"].to_json())


def test_a_panic_becomes_an_error_and_an_interrupt_stays_one():
    panic = type("PanicException", (BaseException,), {})
    with (
        pytest.raises(ArtifactError, match="no vocabulary: index out of bounds"),
        no_panic(ArtifactError, "no vocabulary"),
    ):
        raise panic("index\nout of bounds")
    with pytest.raises(KeyboardInterrupt), no_panic(ArtifactError, ""):
        raise KeyboardInterrupt
