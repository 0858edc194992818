"""A text as rows of subword tokens on disk, which an encoder is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.data.text import blocks
from likewise.errors import InputError
from likewise.system import files
from likewise.system.progress import Progress
from likewise.tokens.corpus.custom_tokenizer import texts_of
from likewise.tokens.subwords.tokenizer import Subwords

ROWS = 4096  # tokenized at a time
Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Reading:
    """Where the text stands in its files, and whether Bank and bank are one word.

    Parameters
    ----------
    field : str or None, default None
        Field of JSON lines with the text.
    column : str or None, default None
        Column of CSV, TSV or Parquet files with the text.
    encoding : str, default "utf-8"
        Encoding of the files.
    errors : "strict" or "replace", default "strict"
        At bytes that are not text in the encoding: raise an error, or replace and count them.
    case : "keep" or "lower", default "lower"
        Whether texts are lower-cased.
    """

    field: str | None = None  # of JSON lines
    column: str | None = None  # of CSV, TSV or Parquet
    encoding: str = "utf-8"
    errors: Literal["strict", "replace"] = "strict"  # at bytes that are not text in the encoding
    case: Literal["lower", "keep"] = "lower"


@dataclass(frozen=True)
class Spool:
    """The text as one file of UTF-8, a row a line, blank ones left out: read once, then as often as there is need."""

    path: Path
    rows: int
    digest: str

    def __iter__(self) -> Iterator[str]:
        with open(self.path, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                yield line[:-1]


def spooled(text: Any, reading: Reading, folder: Path, watch: Watch) -> Spool:
    """The rows of `text`, white space within them made single; raises `InputError` where there is none.

    text: as `likewise.words.word2vec` takes it.
    """
    found = blocks(
        text, field=reading.field, column=reading.column, encoding=reading.encoding, errors=reading.errors
    )

    def reported() -> Iterator[Any]:
        for block in found:
            yield block
            watch(Progress("reading", block.done, block.total, "bytes"))

    folder.mkdir(parents=True, exist_ok=True)
    digest, rows, path = hashlib.sha256(), 0, folder / "text.txt"
    with files.atomic_file(path) as file:
        for row in texts_of(reported(), reading.errors):
            words = row.split()
            if words:
                line = (" ".join(words) + "\n").encode()
                digest.update(line)
                file.write(line)
                rows += 1
    if not rows:
        raise InputError("there is no text in what was given: every row is blank")
    return Spool(path, rows, digest.hexdigest())


def led(text: str) -> str:
    """The text after a space, so that its first word has the tokens that it has anywhere else: what follows a space is
    another token than what begins a text, and else a word at the beginning would seem to mean something of its own.
    """
    return f" {text}" if text.strip() else ""


def encode_tokens(spool: Spool, subwords: Subwords, folder: Path, watch: Watch) -> Ragged:
    """The rows as ids of tokens, memory-mapped."""
    lines, lengths, path = iter(spool), [np.zeros(1, np.int64)], folder / "tokens.int32"
    done = 0
    with files.atomic_file(path) as file:
        while batch := list(islice(lines, ROWS)):
            rows = subwords.encode(map(led, batch))
            file.write(rows.ids.tobytes())
            lengths.append(rows.lengths)
            done += len(batch)
            watch(Progress("cutting", done, spool.rows, "rows"))
    offsets = np.cumsum(np.concatenate(lengths))
    ids = np.memmap(path, np.int32, "r") if offsets[-1] else np.empty(0, np.int32)
    return Ragged(ids, offsets)


def sampled(rows: Ragged, tokens: int) -> Ragged:
    """Rows evenly from the whole of the text, of about so many tokens together; all where there are no more."""
    share = tokens / max(1, len(rows.ids))
    if share >= 1:
        return Ragged(np.array(rows.ids), np.array(rows.offsets))
    wanted = np.floor(np.arange(1, len(rows) + 1) * share) > np.floor(np.arange(len(rows)) * share)
    chosen = np.flatnonzero(wanted)
    parts = [np.asarray(rows[int(i)]) for i in chosen]
    offsets = np.concatenate([[0], np.cumsum(rows.lengths[chosen])]).astype(np.int64)
    return Ragged(np.concatenate(parts) if parts else np.empty(0, np.int32), offsets)
