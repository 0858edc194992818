"""The first look at a text: provisional ids on disk, block after block, and the tables of spellings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

import numpy as np

from likewise.arrays.text_block import Block
from likewise.errors import InputError
from likewise.system.progress import Progress
from likewise.tokens.corpus.parallel_map import in_order
from likewise.tokens.corpus.scan import WHITE, WORDS, NotUtf8, Scanned, Scanner
from likewise.tokens.corpus.word_pattern import Words


@dataclass(frozen=True)
class Reading:
    """What was read: counts that say what became of every row and token."""

    sources: int = 0
    bytes: int = 0  # unpacked, as UTF-8
    rows: int = 0  # in all, blank ones too
    tokens: int = 0  # in all
    kept: int = 0  # tokens whose word is in the vocabulary
    distinct: int = 0  # words before the vocabulary is selected
    replaced: int = 0  # stretches that were not text in the encoding and became U+FFFD
    torn: int = 0  # words cut in two, for want of any white space in 16 MB

    @property
    def dropped(self) -> int:
        """Tokens whose word is too rare for the vocabulary."""
        return self.tokens - self.kept


@dataclass(frozen=True)
class Part:
    """One block in the draft: `tokens` provisional ids of one worker's table, then `ends` row ends."""

    worker: int
    tokens: int
    ends: int


class Draft:
    """A file of provisional ids, deleted on exit; `reading` grows as blocks are added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scanners: list[Scanner] = []
        self.parts: list[Part] = []
        self.names: list[str] = []
        self.reading = Reading()
        self.source_rows = 0  # that have ended in the present source
        self._open = False  # whether bytes follow the last row end

    def __enter__(self) -> Draft:
        self._file = self.path.open("w+b")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self.path.unlink()

    def add(self, worker: int, block: Block, scanned: Scanned) -> None:
        """Write a block down; they must come in the order of the text."""
        ids, ends = scanned.ids, scanned.ends
        if block.final and (len(ends) == 0 or ends[-1] < len(ids)):
            ends = np.append(ends, np.int32(len(ids)))
        self._file.write(ids.data)
        self._file.write(ends.data)
        self.parts.append(Part(worker, len(ids), len(ends)))
        self._open = scanned.tail or (self._open and scanned.rows == 0)
        self.source_rows += scanned.rows
        now = self.reading
        self.reading = replace(
            now,
            bytes=now.bytes + len(block.data),
            tokens=now.tokens + len(ids),
            rows=now.rows + scanned.rows + (block.final and self._open),
            replaced=now.replaced + block.replaced,
            torn=now.torn + block.torn,
            sources=now.sources + block.final,
        )
        if block.final:
            self.names.append(block.source)
            self.source_rows, self._open = 0, False

    def read_back(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Worker, provisional ids and row ends of each block in turn."""
        self._file.flush()
        self._file.seek(0)
        for part in self.parts:
            ids = np.fromfile(self._file, np.int32, part.tokens)
            yield part.worker, ids, np.fromfile(self._file, np.int32, part.ends)


def read(
    blocks: Iterable[Block],
    draft: Draft,
    words: Words,
    errors: str,
    threads: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Scan all blocks into the draft; `InputError` where one is not UTF-8 or there is no token at all."""
    rule = WORDS if words.kind == "words" else WHITE
    draft.scanners = [Scanner(rule, fold=words.case == "lower") for _ in range(threads)]
    free: SimpleQueue[int] = SimpleQueue()
    for worker in range(threads):
        free.put(worker)

    def scan(block: Block) -> tuple[int, Block, Scanned | NotUtf8]:
        worker = free.get()
        try:
            return worker, *scan_block(draft.scanners[worker], block, errors)
        finally:
            free.put(worker)

    for worker, block, scanned in in_order(scan, blocks, threads):
        if isinstance(scanned, NotUtf8):
            raise InputError(not_utf8(block, scanned.place, draft.source_rows))
        draft.add(worker, block, scanned)
        if progress:
            progress(Progress("reading", block.done, block.total, "bytes"))
    if draft.reading.tokens == 0:
        raise InputError(no_text(draft.names, draft.reading))


def scan_block(scanner: Scanner, block: Block, errors: str) -> tuple[Block, Scanned | NotUtf8]:
    """The block, repaired if need be and requested, with what it holds."""
    try:
        return block, scanner.scan(block.data, block.kind)
    except NotUtf8 as error:
        if errors == "strict":
            return block, error
    text = block.data.decode("utf-8", "replace")
    replaced = text.count("\ufffd") - block.data.count("\ufffd".encode())
    block = replace(block, data=text.encode(), replaced=block.replaced + replaced)
    return block, scanner.scan(block.data, block.kind)


def not_utf8(block: Block, place: int, rows_before: int) -> str:
    """What to say of the byte at data[place] of a block before which its source has ended so many rows."""
    text = block.data[:place].decode() + "."
    line = rows_before + len(text.splitlines())
    return (
        f"{block.source}: byte {block.offset + place:,} (line {line:,}) is not UTF-8; "
        f"try errors='replace', or encoding='latin-1' or whatever it was written in"
    )


def no_text(names: list[str], reading: Reading) -> str:
    """What to say where no token was found."""
    where = names[0] if names else "the input"
    if len(names) > 1:
        where += f" and {len(names) - 1:,} more"
    blank = f", {reading.rows:,} blank rows" if reading.rows else ""
    return f"no text in {where} ({reading.bytes:,} bytes{blank})"
