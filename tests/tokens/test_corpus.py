from __future__ import annotations

import logging
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from likewise.arrays.text_block import Block, pack_texts, pack_tokens
from likewise.errors import ArtifactError, InputError, NotEnoughSpace, OptionError, WrongType
from likewise.tokens.corpus.corpus import Corpus, encode
from likewise.tokens.corpus.second_pass import CorpusWriter
from likewise.tokens.corpus.word_pattern import Words


def twin(rows: list[list[str]], min_count: int = 1, max_vocabulary: int | None = None):
    """The whole stage in ten slow lines: kept rows as words, keys and counts."""
    counts = Counter(token for row in rows for token in row)
    frequent = [(key, n) for key, n in counts.items() if n >= min_count]
    frequent.sort(key=lambda item: (-item[1], item[0]))
    frequent = frequent[:max_vocabulary]
    keys = dict(frequent)
    kept = [[token for token in row if token in keys] for row in rows]
    return [row for row in kept if row], list(keys), list(keys.values())


def spelt_out(corpus: Corpus) -> tuple[list[list[str]], list[str], list[int]]:
    rows = [[corpus.keys[i] for i in row] for row in corpus.ids]
    return rows, corpus.keys, corpus.counts.tolist()


def cut(data: bytes, places: list[int]) -> list[Block]:
    """The data in blocks, cut after the white space nearest to each place, as the readers cut."""
    ends = {0, len(data)}
    for place in places:
        at = 1 + max(data.rfind(white, 0, place % (len(data) + 1)) for white in (b" ", b"\n", b"\t"))
        ends.add(at)
    ordered = sorted(ends)
    pieces = [Block(data[a:b], "made", offset=a, final=False) for a, b in pairwise(ordered)]
    return [*pieces, Block(b"", "made", offset=len(data))]


SPACES = "\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029 \t\u00a0\u3000"
LETTERS = "aAbzéÉİΣßカกﬁ\u212b\u0301\u3099\u200d\u200c東京ひが\U00020000"
OTHERS = "09٣½_'’.,\0-❤👩💻\ufe0f"
ODD = st.sampled_from(
    [*SPACES, *LETTERS, *OTHERS, "\r\n", "e\u0301", "か\u3099", "👩\u200d💻", "don’t", "1,5"]
)
TEXTS = st.lists(
    st.one_of(ODD, ODD, ODD, st.text(max_size=3), st.just("abcdefghijklmnopqrst")), max_size=90
).map("".join)


@settings(max_examples=400, deadline=None)
@given(
    text=TEXTS,
    places=st.lists(st.integers(0, 400), max_size=4),
    words=st.builds(Words, st.sampled_from(["words", "white"]), st.sampled_from(["lower", "keep"])),
    threads=st.sampled_from([1, 2]),
)
@example(text="a" * 63 + "’b " + "x" * 61 + "東東\u0301a", places=[], words=Words(), threads=1)
@example(text="a" * 63 + "'b " + "x" * 57 + " 3.5", places=[], words=Words(), threads=1)
@example(text="a\r\n", places=[], words=Words(), threads=1)
@example(text="\0 a\0 a", places=[2], words=Words("white"), threads=1)
def test_any_text_in_any_blocks_gives_what_the_slow_twin_gives(text, places, words, threads):
    rows = [words.split(row) for row in text.splitlines()]
    with TemporaryDirectory() as folder:
        if not any(rows):
            with pytest.raises(InputError, match="no text in made"):
                encode(cut(text.encode(), places), folder, words=words, min_count=1, threads=threads)
            return
        corpus = encode(cut(text.encode(), places), folder, words=words, min_count=1, threads=threads)
        assert spelt_out(corpus) == twin(rows)
        assert corpus.reading.rows == len(rows)
        assert corpus.reading.tokens == corpus.reading.kept == sum(map(len, rows))
        assert corpus.reading.distinct == len(corpus.keys)


def encoded(text: str | bytes, folder: Path, **options) -> Corpus:
    data = text if isinstance(text, bytes) else text.encode()
    return encode([Block(data, "made")], folder, **{"min_count": 1, **options})


def test_neither_threads_nor_blocks_change_the_digest(tmp_path):
    text = "".join(
        f"Word{i % 997} the {i * i % 1013} été{i % 31}{chr(10) if i % 7 else ' '}" for i in range(20_000)
    )
    data = text.encode()
    whole = encode([Block(data, "made")], tmp_path / "a", threads=1)
    for number, (threads, places) in enumerate(
        [(2, []), (3, [7, 70_000, 200_000]), (2, list(range(0, len(data), 999)))]
    ):
        other = encode(cut(data, places), tmp_path / str(number), threads=threads)
        assert (other.digest, other.keys, other.reading.rows) == (
            whole.digest,
            whole.keys,
            whole.reading.rows,
        )
    assert (
        encoded(text + "x", tmp_path / "b", min_count=5).digest == whole.digest
    )  # x is too rare to be in it
    assert encoded(text + "\nthe", tmp_path / "c", min_count=5).digest != whole.digest


@pytest.mark.parametrize(
    "limit", [{"min_count": 2}, {"min_count": 3}, {"max_vocabulary": 3}, {"max_vocabulary": 1}]
)
def test_rare_words_fall_out_and_their_neighbours_close_up(tmp_path, limit):
    rows = [["b", "a", "rare", "c"], ["rare2"], ["c", "b", "d"], ["a", "d", "b"]]
    corpus = encoded("\n".join(" ".join(row) for row in rows), tmp_path, **limit)
    expected = twin(rows, limit.get("min_count", 1), limit.get("max_vocabulary"))
    assert spelt_out(corpus) == expected
    assert corpus.reading.tokens == 11
    assert corpus.reading.dropped == 11 - sum(map(len, expected[0]))
    assert corpus.reading.distinct == 6


def test_where_every_word_is_too_rare_the_message_says_what_to_try(tmp_path):
    with pytest.raises(InputError) as caught:
        encoded("the a the b the", tmp_path, min_count=5)
    assert str(caught.value) == (
        "all 3 words occur fewer than 5 times; the most frequent, 'the', 3 times; try --min-count 1"
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "no text in the input (0 bytes)"),
        ([Block(b"", "empty.txt")], "no text in empty.txt (0 bytes)"),
        ([Block(b" \n\n", "a"), Block(b".", "b")], "no text in a and 1 more (4 bytes, 3 blank rows)"),
        ([Block(pack_tokens([[], []]), "rows", kind="tokens")], "no text in rows (2 bytes, 2 blank rows)"),
    ],
)
def test_no_text_is_an_error_that_names_the_sources(tmp_path, blocks, message):
    with pytest.raises(InputError) as caught:
        encode(blocks, tmp_path)
    assert str(caught.value) == message
    with pytest.raises(ArtifactError, match="holds no whole corpus"):
        Corpus.open(tmp_path)


def test_one_word_and_the_same_row_twice(tmp_path):
    assert spelt_out(encoded("a", tmp_path / "1")) == ([["a"]], ["a"], [1])
    assert spelt_out(encoded("a b\na b", tmp_path / "2")) == ([["a", "b"]] * 2, ["a", "b"], [2, 2])


def test_sources_do_not_run_into_each_other(tmp_path):
    blocks = [
        Block(b"a b", "x"),
        Block(b"c", "y", final=False),
        Block(b"", "y"),
        Block(b"", "z"),
        Block(b"d\n", "w"),
    ]
    corpus = encode(blocks, tmp_path, min_count=1)
    assert spelt_out(corpus)[0] == [["a", "b"], ["c"], ["d"]]
    assert (corpus.reading.sources, corpus.reading.rows, corpus.reading.bytes) == (4, 3, 6)


@given(
    rows=st.lists(st.lists(st.text(max_size=20)), min_size=1),
    words=st.sampled_from([Words(), Words("white", "keep", None)]),
)
def test_token_lists_are_spelt_and_not_split(rows, words):
    spelt = [[words.spelling(token) for token in row if token] for row in rows]
    with TemporaryDirectory() as folder:
        blocks = [Block(pack_tokens(rows), "rows", kind="tokens")]
        if any(spelt):
            assert spelt_out(encode(blocks, folder, words=words, min_count=1)) == twin(spelt)


@given(rows=st.lists(TEXTS, min_size=1), words=st.sampled_from([Words(), Words("white", "keep")]))
def test_a_row_given_as_text_may_hold_line_ends(rows, words):
    with TemporaryDirectory() as folder:
        split = [words.split(row) for row in rows]
        if any(split):
            corpus = encode([Block(pack_texts(rows), "rows", kind="texts")], folder, words=words, min_count=1)
            assert spelt_out(corpus) == twin(split)
            assert corpus.reading.rows == len(rows)


@given(text=TEXTS, places=st.lists(st.integers(0, 400), max_size=4))
def test_a_function_of_the_callers_sees_every_row_once(text, places):
    rows = [row.split("a") for row in text.splitlines()]
    with TemporaryDirectory() as folder:
        if any(token for row in rows for token in row):
            corpus = encode(cut(text.encode(), places), folder, words=lambda row: row.split("a"), min_count=1)
            assert spelt_out(corpus) == twin([[token for token in row if token] for row in rows])


@pytest.mark.parametrize(
    ("result", "message"), [("one", "gave 'one', not a list"), ([1], "gave the token 1, not a str")]
)
def test_a_function_that_gives_no_tokens_is_named_with_its_row(tmp_path, result, message):
    with pytest.raises(WrongType, match=f"made, row 2: the splitting function {message}"):
        encode([Block(b"a\nb", "made")], tmp_path, words=lambda row: result if row == "b" else ["a"])


BAD = [
    b"\xff",
    b"\xc3",
    b"\xc3(",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe6\x9d",
    b"\x80",
    b"\xf0\x9f\x98",
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("before", [0, 1, 60, 61, 62, 63, 64, 65, 128])
@pytest.mark.parametrize("after", [b"", b" b\n", b"x" * 70])
def test_what_is_not_utf8_is_named_to_the_byte_and_line(tmp_path, bad, before, after):
    start = b"\xc3\xa9a\r\n" + b"x" * before
    with pytest.raises(InputError) as caught:
        encode([Block(b"one\n", "made", final=False), Block(start + bad + after, "made", offset=4)], tmp_path)
    assert f"made: byte {4 + len(start)} (line 3) is not UTF-8; try errors='replace'" in str(caught.value)

    replaced = encode(
        [Block(start + bad + after, "made")], tmp_path, words=Words("white"), errors="replace", min_count=1
    )
    text = (start + bad + after).decode("utf-8", "replace")
    assert spelt_out(replaced) == twin([row.split() for row in text.splitlines()])
    assert replaced.reading.replaced == text.count("\ufffd")


@given(data=st.binary(max_size=200))
def test_bytes_are_refused_where_python_refuses_them(data):
    with TemporaryDirectory() as folder:
        try:
            text = "a " + data.decode()
        except UnicodeDecodeError as error:
            with pytest.raises(InputError, match=f"byte {error.start + 2} "):
                encoded(b"a " + data, folder)
        else:
            assert spelt_out(encoded(b"a " + data, folder)) == twin(
                [Words().split(row) for row in text.splitlines()]
            )


ACCENTED = ["été", "naïve", "Ångström", "Šķūnis", "café", "piñata", "Zürich", "đồng", "ﬁancé", "가격"]


@pytest.mark.parametrize("kind", ["words", "white"])
def test_all_unicode_forms_of_a_word_are_one_key(tmp_path, kind):
    text = " ".join(unicodedata.normalize(form, word) for form in ("NFC", "NFD") for word in ACCENTED)
    corpus = encoded(text, tmp_path, words=Words(kind))
    assert corpus.counts.tolist() == [2] * len(ACCENTED)
    spelling = Words(kind).spelling
    assert {spelling(unicodedata.normalize("NFD", word.upper())) for word in ACCENTED[:8]} <= set(corpus.keys)


def test_a_nul_byte_is_data(tmp_path):
    assert encoded("a\0 a a\0\0 \0", tmp_path, words=Words("white")).keys == ["\0", "a", "a\0", "a\0\0"]


def test_many_and_long_spellings_outgrow_the_first_tables(tmp_path):
    rows = [[f"word{i * 7919 % 30_000}", f"a-word-that-is-long-enough-{i % 20_000}"] for i in range(50_000)]
    data = "\n".join(" ".join(row) for row in rows).encode()
    corpus = encode(cut(data, [700_000, 1_400_000]), tmp_path, words=Words("white"), min_count=1, threads=2)
    assert spelt_out(corpus) == twin(rows)


@pytest.mark.parametrize("unit", [b"x", b"ab ", b"\xe6\x9d\xb1"])
def test_one_long_line_or_word_takes_time_in_proportion(tmp_path, unit):
    def seconds(megabytes: int) -> float:
        data = unit * (megabytes * 1_000_000 // len(unit))
        best = 1e9
        for _ in range(3):
            start = time.perf_counter()
            encoded(data, tmp_path)
            best = min(best, time.perf_counter() - start)
        return best

    encoded(unit, tmp_path)
    assert seconds(4) < 3 * 4 * max(seconds(1), 0.005)


def test_a_corpus_that_is_not_whole_is_refused(tmp_path):
    corpus = encoded("a b\nc", tmp_path)
    assert Corpus.open(tmp_path).digest == corpus.digest
    assert Corpus.open(tmp_path).reading == corpus.reading
    (tmp_path / "ids.int32").write_bytes(b"\0" * 8)
    with pytest.raises(ArtifactError, match="encode the text again"):
        Corpus.open(tmp_path)


def test_a_full_disk_says_what_is_free(tmp_path, monkeypatch):
    def full(self, *given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("likewise.tokens.corpus.second_pass.CorpusWriter.add", full)
    with pytest.raises(NotEnoughSpace, match=r"the disk of .* is full: .* bytes are free"):
        encoded("a b", tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name == "draft"] == []


@pytest.mark.parametrize(
    "option", [{"min_count": 0}, {"max_vocabulary": 0}, {"errors": "ignore"}, {"threads": 0}]
)
def test_options_out_of_range_are_refused(tmp_path, option):
    with pytest.raises(OptionError, match=next(iter(option))):
        encoded("a", tmp_path, **option)


def test_progress_and_warnings_tell_what_happens(tmp_path, caplog):
    seen = []
    blocks = [
        Block(b"a b\n\xff", "x", final=False, done=5, total=9, torn=True),
        Block(b"c", "x", done=9, total=9),
    ]
    with caplog.at_level(logging.WARNING):
        encode(blocks, tmp_path, min_count=1, errors="replace", progress=seen.append)
    assert [(each.stage, each.done, each.total) for each in seen] == [
        ("reading", 5, 9),
        ("reading", 9, 9),
        ("encoding", 2, 3),
        ("encoding", 3, 3),
    ]
    assert "1 stretches of bytes were not text" in caplog.text
    assert "1 times a word was cut in two" in caplog.text


def test_offsets_have_64_bits(tmp_path):
    with CorpusWriter(tmp_path) as writer:
        writer.tokens = 2**31 + 5
        writer.add(np.zeros(3, np.int32), np.array([1, 3]))
    assert np.fromfile(tmp_path / "offsets.int64", np.int64).tolist() == [0, 2**31 + 6, 2**31 + 8]


LIMITED = """
import resource, sys
from likewise.arrays.text_block import Block
from likewise.tokens.corpus.corpus import encode

def blocks(megabytes):
    row = b"a-rather-long-word-%05d is-here-once-more-and-again\\n"
    data = b"".join(row % (i % 5000) for i in range(20_000))
    for i in range(megabytes * 1_000_000 // len(data)):
        yield Block(data, "made", final=False)
    yield Block(b"", "made")

from likewise.tokens.corpus.word_pattern import Words
rule = Words("white")
encode(blocks(10), sys.argv[1], words=rule, threads=2)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 350_000_000,) * 2)  # 190 of them to map the corpus at the end
corpus = encode(blocks(600), sys.argv[1], words=rule, threads=2)
print(corpus.reading.bytes > 500_000_000, len(corpus.keys))
"""


def test_a_corpus_larger_than_the_memory_allowed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.stdout == "True 5001\n", done.stderr
