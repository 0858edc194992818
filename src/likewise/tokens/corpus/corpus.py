"""Text encoded once: int32 ids and int64 row offsets on disk, with vocabulary, counts and a digest."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from errno import ENOSPC
from pathlib import Path
from typing import Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.text_block import Block
from likewise.errors import ArtifactError, NotEnoughSpace, OptionError
from likewise.system.cores import MOST_THREADS
from likewise.system.options import check_int
from likewise.system.progress import Progress
from likewise.tokens.corpus.custom_tokenizer import Split, split_rows
from likewise.tokens.corpus.first_pass import Draft, Reading, read
from likewise.tokens.corpus.second_pass import CorpusWriter, rewrite
from likewise.tokens.corpus.vocabulary import choose
from likewise.tokens.corpus.word_pattern import Words

log = logging.getLogger(__name__)

FACTS = "corpus.json"  # written last: a folder without it is unfinished


@dataclass(frozen=True)
class Corpus:
    """Rows of ids, memory-mapped, and what the ids stand for.

    `keys` are in the order of their counts, the most frequent first, ties by key; `counts` (v,) int64 how
    often each stands in `ids`; `digest` a SHA-256 of ids, offsets and keys, which the block size and the
    threads do not change.
    """

    ids: Ragged
    keys: list[str]
    counts: np.ndarray
    digest: str
    reading: Reading

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """What `encode` or `join_phrases` left in `folder`; `ArtifactError` where it is not whole."""
        folder = Path(folder)
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            ids = np.memmap(folder / "ids.int32", np.int32, "r")
            offsets = np.memmap(folder / "offsets.int64", np.int64, "r")
            counts = np.fromfile(folder / "counts.int64", np.int64)
            return cls(
                Ragged(ids, offsets), facts["keys"], counts, facts["digest"], Reading(**facts["reading"])
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder} holds no whole corpus ({error}); encode the text again") from error


def encode(
    blocks: Iterable[Block],
    folder: str | Path,
    *,
    words: Words | Split | None = None,
    min_count: int = 5,
    max_vocabulary: int | None = None,
    errors: Literal["strict", "replace"] = "strict",
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Corpus:
    """Read every block once and leave its tokens in `folder` as ids: the vocabulary of word2vec (Mikolov et
    al. 2013).

    A row is one of `str.splitlines` (or of the iterable given to `blocks`) that keeps at least one token.
    Only tokens of words that occur fewer than `min_count` times, or are not among the `max_vocabulary` most
    frequent, are dropped, and their neighbours close up; nothing else is. `words` is the splitting rule, by
    default `Words()`, or a function from a row to its tokens; token lists are not split, but spelt by the
    rule. Memory: the distinct spellings, and a few blocks for each thread. The result does not depend on the
    block size or on `threads`.

    Raises `InputError` where there is no text, where it is not UTF-8 (`errors="replace"` counts instead), or
    where no word is frequent enough; `OptionError` for an option out of its range.
    """
    check_options(min_count, max_vocabulary, errors, threads)
    rule = Words() if words is None else words
    if not isinstance(rule, Words):
        blocks, rule = split_rows(blocks, rule, errors), Words(kind="white", case="keep", form=None)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTS).unlink(missing_ok=True)
    with room_on_disk(folder), Draft(folder / "draft") as draft:
        read(blocks, draft, rule, errors, threads, progress)
        tables = [scanner.spellings for scanner in draft.scanners]
        vocabulary = choose(tables, rule.spelling, min_count, max_vocabulary)
        with CorpusWriter(folder) as writer:
            rewrite(draft, vocabulary.ranks, writer, threads, progress)
    reading = replace(draft.reading, kept=writer.tokens, distinct=vocabulary.distinct)
    warn(reading)
    return finish(folder, writer, vocabulary.keys, vocabulary.counts, reading)


def finish(
    folder: Path, writer: CorpusWriter, keys: list[str], counts: np.ndarray, reading: Reading
) -> Corpus:
    """Write down what the ids stand for, and open the whole."""
    counts.astype(np.int64).tofile(folder / "counts.int64")
    facts = {"digest": writer.digest(keys), "reading": asdict(reading), "keys": keys}
    (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return Corpus.open(folder)


def check_options(min_count: int, max_vocabulary: int | None, errors: str, threads: int) -> None:
    """Raise `OptionError` for the first option that is out of its range."""
    check_int("min_count", min_count, 1, 1 << 62)
    if max_vocabulary is not None:
        check_int("max_vocabulary", max_vocabulary, 1, 1 << 31)
    if errors not in ("strict", "replace"):
        raise OptionError(f"errors must be 'strict' or 'replace', not {errors!r}")
    check_int("threads", threads, 1, MOST_THREADS)


@contextmanager
def room_on_disk(folder: Path) -> Iterator[None]:
    """`NotEnoughSpace`, with what is free, where the disk of `folder` is full."""
    try:
        yield
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        free = shutil.disk_usage(folder).free
        raise NotEnoughSpace(
            f"the disk of {folder} is full: {free:,} bytes are free, and a text needs about "
            f"twice its size; make room, or choose another folder"
        ) from error


def warn(reading: Reading) -> None:
    """Log what a reader of the result should know of the text."""
    if reading.replaced:
        log.warning("%d stretches of bytes were not text and became U+FFFD", reading.replaced)
    if reading.torn:
        log.warning("%d times a word was cut in two: 16 MB without white space", reading.torn)
