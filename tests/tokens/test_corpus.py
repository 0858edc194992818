from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from likewise.block import Block, pack_texts, pack_tokens
from likewise.errors import ArtifactError, InputError, OptionError, WrongType
from likewise.tokens.corpus import Corpus, encode
from likewise.tokens.words import Words


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
    pieces = [
        Block(data[a:b], "made", offset=a, final=False) for a, b in zip(ordered, ordered[1:], strict=False)
    ]
    return [*pieces, Block(b"", "made", offset=len(data))]


ODD = st.sampled_from(
    [
        *"aAbz09_'’.,\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029 \t\u00a0\u3000\0",
        "\r\n",
        "é",
        "e\u0301",
        "É",
        "İ",
        "Σ",
        "ß",
    ]
    + [
        "東",
        "京",
        "ひ",
        "が",
        "か\u3099",
        "カ",
        "\u0301",
        "\u200d",
        "\u200c",
        "❤️",
        "👩‍💻",
        "٣",
        "½",
        "ก",
        "ﬁ",
        "Å",
        "\U00020000",
    ]
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
