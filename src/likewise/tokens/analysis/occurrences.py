"""The terms of many texts, read once: for each row the numbers of its terms, and how each number is spelt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from queue import SimpleQueue
from typing import Any, Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.text_block import ROW_END, TOKEN_END, Block
from likewise.errors import InputError, OptionError
from likewise.system import shards
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.character_ngrams import find_runs, units_of_text
from likewise.tokens.analysis.term_keys import TermKeys
from likewise.tokens.analysis.word_ngrams import RunKeys, number_runs
from likewise.tokens.corpus.custom_tokenizer import split_rows
from likewise.tokens.corpus.first_pass import not_utf8, scan_block
from likewise.tokens.corpus.parallel_map import in_order
from likewise.tokens.corpus.scan import WHITE, WORDS, NotUtf8, Scanner
from likewise.tokens.corpus.spellings import Spellings
from likewise.tokens.corpus.vocabulary import spelt
from likewise.tokens.corpus.word_pattern import Words

LAST_OF = {"lines": b"\n", "texts": ROW_END, "tokens": ROW_END}


@dataclass(frozen=True)
class Occurrences:
    """Row i of `rows` has a number below `distinct` for every term of text i; a text without terms has none.

    `keys(numbers)` spells numbers, and `keys.order(numbers)` says where each stands by its spelling. Numbers are
    in no promised order, and some may stand nowhere in `rows`; two may have one spelling where a token holds a
    space.
    """

    rows: Ragged
    distinct: int
    keys: TermKeys | RunKeys


@dataclass(frozen=True)
class Part:
    """The terms of one block: numbers of one worker's table, and how many stand before the end of each row."""

    worker: int
    numbers: np.ndarray
    ends: np.ndarray
    final: bool = False  # the last of its source


@dataclass(frozen=True)
class Fault:
    """A block and the place in it that is not UTF-8."""

    block: Block
    place: int


def read(
    blocks: Iterable[Block],
    terms: Terms | None = None,
    *,
    errors: Literal["strict", "replace"] = "strict",
    threads: int = 1,
) -> Occurrences:
    """Read every block once. Every row of the text is a row of the result, blank ones too.

    Memory: four bytes for each occurrence of a term, the distinct terms, and a few blocks for each thread;
    the text is not kept. A block must hold whole rows in memory: a file with no line feed is one block.

    Raises `InputError` where a text is not UTF-8 (unless `errors="replace"`), `OptionError` for an option out
    of its range.
    """
    terms = Terms() if terms is None else terms
    if threads < 1:
        raise OptionError(f"threads must be at least 1, not {threads}")
    if errors not in ("strict", "replace"):
        raise OptionError(f"errors must be 'strict' or 'replace', not {errors!r}")
    if terms.kind != "word":
        return character_runs(cut_at_rows(blocks), terms, errors, threads)
    rule = terms.words
    if not isinstance(rule, Words):
        blocks, rule = split_rows(blocks, rule, errors), Words(kind="white", case="keep", form=None)
    rows, keys = single_words(cut_at_rows(blocks), rule, errors, threads)
    if terms.longest == 1:
        return Occurrences(rows, len(keys.slots), keys)
    rows, runs = number_runs(rows, keys, terms.shortest, terms.longest, threads)
    return Occurrences(rows, runs.base + len(runs.pairs), runs)


def cut_at_rows(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same bytes in blocks that end where a row ends."""
    rest = b""
    for block in blocks:
        data = rest + block.data if rest else block.data
        end = len(data) if block.final else data.rfind(LAST_OF[block.kind]) + 1
        rest = data[end:]
        if end:
            yield replace(block, data=data[:end], offset=block.offset + len(block.data) - len(data))


def gathered(work: Callable[[int, Any], Part | Fault], items: Iterable[Any], threads: int) -> list[Part]:
    """`work(worker, item)` for every item, in order; no two threads are one worker at the same time."""
    free: SimpleQueue[int] = SimpleQueue()
    for worker in range(threads):
        free.put(worker)

    def lent(item: Any) -> Part | Fault:
        worker = free.get()
        try:
            return work(worker, item)
        finally:
            free.put(worker)

    parts, rows = [], 0
    for part in in_order(lent, items, threads):
        if isinstance(part, Fault):
            raise InputError(not_utf8(part.block, part.place, rows))
        parts.append(part)
        rows = 0 if part.final else rows + len(part.ends)
    return parts


def single_words(blocks: Iterable[Block], rule: Words, errors: str, threads: int) -> tuple[Ragged, TermKeys]:
    """The words of every row, and how they are spelt; those with one key by the rule have one number."""
    kind = WORDS if rule.kind == "words" else WHITE
    scanners = [Scanner(kind, rule.case == "lower", blank_rows=True) for _ in range(threads)]

    def work(worker: int, block: Block) -> Part | Fault:
        block, found = scan_block(scanners[worker], block, errors)
        if isinstance(found, NotUtf8):
            return Fault(block, found.place)
        ends = np.append(found.ends, np.int32(len(found.ids))) if found.tail else found.ends
        return Part(worker, found.ids, ends, block.final)

    parts = gathered(work, blocks, threads)
    whole, numbers = one_table([scanner.spellings for scanner in scanners])
    canonical = spelt(whole, rule.spelling)
    return joined(parts, [canonical[own] for own in numbers], threads), TermKeys.of(whole)


def character_runs(blocks: Iterable[Block], terms: Terms, errors: str, threads: int) -> Occurrences:
    """The runs of characters of every row."""
    tables = [Spellings() for _ in range(threads)]
    within_words = terms.kind == "char_wb"

    def work(worker: int, block: Block) -> Part | Fault:
        try:
            rows = rows_of(block, errors)
        except UnicodeDecodeError as error:
            return Fault(block, error.start)
        text = b"".join(prepared(row, terms) + ROW_END for row in rows)
        units, row_ends = units_of_text(text)
        numbers, ends = find_runs(units, terms.shortest, terms.longest, within_words, tables[worker])
        return Part(worker, numbers, ends[row_ends - 1], block.final)

    parts = gathered(work, blocks, threads)
    whole, numbers = one_table(tables)
    return Occurrences(joined(parts, numbers, threads), len(whole), TermKeys.of(whole))


def rows_of(block: Block, errors: str) -> list[str]:
    """The rows of a block that holds whole rows; the tokens of a list with a space between them."""
    if block.kind == "lines":
        return block.data.decode("utf-8", errors).splitlines()
    rows = block.data.split(ROW_END)[:-1]
    if block.kind == "tokens":
        rows = [row[: -len(TOKEN_END)].replace(TOKEN_END, b" ") for row in rows]
    return [row.decode() for row in rows]


def prepared(row: str, terms: Terms) -> bytes:
    """The characters that runs are made of; after a word TOKEN_END, where none may cross."""
    text = terms.spaced(row)
    if terms.kind == "char":
        return text.encode()
    return "".join(f" {word} \n" for word in text.split()).encode().replace(b"\n", TOKEN_END)


def one_table(tables: list[Spellings]) -> tuple[Spellings, list[np.ndarray]]:
    """All tables in the first, and for each the number there of its own numbers."""
    whole, *others = tables
    own = np.arange(len(whole), dtype=np.int32)
    return whole, [own, *(whole.absorb(other) for other in others)]


def joined(parts: list[Part], numbers: list[np.ndarray], threads: int) -> Ragged:
    """The rows of all parts, numbered anew. Empties the list, so that nothing is held twice for long."""
    starts = list(accumulate((len(part.numbers) for part in parts), initial=0))
    ends = [start + part.ends.astype(np.int64) for start, part in zip(starts, parts, strict=False)]
    ids = np.empty(starts[-1], np.int32)
    waiting: list[Part | None] = list(parts)
    parts.clear()

    def put(i: int, _: int) -> None:
        part, waiting[i] = waiting[i], None
        assert part is not None
        np.take(numbers[part.worker], part.numbers, out=ids[starts[i] : starts[i + 1]], mode="clip")

    shards.each(put, shards.equal_rows(len(waiting), 1), threads)
    return Ragged(ids, np.concatenate([np.zeros(1, np.int64), *ends]))
