"""Edge lists as lines: commas, tabs or spaces. Arrow reads whole blocks. A block that it refuses is halved, then read
line by line, so that an error has the number of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from likewise.arrays.graph.interning import BLANKS as BLANK_BYTES
from likewise.arrays.graph.interning import has_blanks
from likewise.arrays.graph.literals import finite_number
from likewise.data.graph.builder import Batch, Texts, texts_of
from likewise.data.graph.columns import BLANKS, Layout, layout
from likewise.data.graph.lines import Bad, line_blocks
from likewise.data.graph.options import Columns, Details
from likewise.data.records import shortened
from likewise.data.sources import Unpacked
from likewise.errors import InputError
from likewise.system.extras import need

BLOCK_BYTES = 1 << 24
ARROW_BYTES = 1 << 22  # what one thread of Arrow takes at once
FEW_BYTES = 1 << 16  # a refused block of fewer bytes is read line by line
SAMPLE = 100  # rows that the layout is found from
LARGEST = float(np.finfo(np.float32).max)


class Delimited:
    """The reader of one file; `comments` is the number of comments in it."""

    def __init__(self, stream: Unpacked, form: str, columns: Columns, details: Details, bad: Bad) -> None:
        self.stream, self.name, self.form = stream, stream.source.name, form
        self.columns, self.details, self.bad = columns, details, bad
        self.comments = 0
        self.marks = tuple(mark.encode() for mark in details.comment)

    def batches(self) -> Iterator[Batch]:
        """The edges, block after block; `InputError` for a row that is not an edge, unless bad rows are skipped."""
        found: Layout | None = None
        for number, data in line_blocks(self.stream, self.details.encoding, BLOCK_BYTES):
            data = self.without_comments(data)
            if found is None:
                start = len(data) - len(data.lstrip())
                if start == len(data):
                    continue
                start = data.rfind(b"\n", 0, start) + 1
                found = self.layout(data[start:])
                if found.header:  # its line stays, empty, so that line numbers are right
                    data = data[:start] + data[data.index(b"\n", start) :]
            yield from self.split_block(number, data, found)

    def without_comments(self, data: bytes) -> bytes:
        """The lines, with an empty line for each comment."""
        if not data.startswith(self.marks) and not any(b"\n" + mark in data for mark in self.marks):
            return data
        data, n = re.subn(rb"(?m)^[" + b"".join(map(re.escape, self.marks)) + rb"].*$", b"", data)
        self.comments += n
        return data

    def layout(self, data: bytes) -> Layout:
        """The layout by the first rows."""
        lines = data[: 1 << 20].split(b"\n")[:-1] if len(data) > 1 << 20 else data.split(b"\n")
        sample = [line.decode("utf-8", "replace") for line in lines if line.strip()][:SAMPLE]
        return layout(sample, self.columns, self.details.delimiter, self.form, self.name)

    def split_block(self, number: int, data: bytes, found: Layout) -> Iterator[Batch]:
        """The edges of a block: all at once, or of either half, or line by line."""
        if not data.strip():
            return
        whole = fast(data, found)
        if whole is not None:
            yield whole
            return
        middle = data.find(b"\n", len(data) // 2) + 1
        if len(data) > FEW_BYTES and 0 < middle < len(data):
            yield from self.split_block(number, data[:middle], found)
            yield from self.split_block(number + data.count(b"\n", 0, middle), data[middle:], found)
        else:
            yield from self.line_by_line(number, data, found)

    def line_by_line(self, number: int, data: bytes, found: Layout) -> Iterator[Batch]:
        """The edges of a block with at least one bad row."""
        rows: list[tuple[str, str, str, float]] = []
        for i, line in enumerate(data.split(b"\n")[:-1]):
            if line.strip():
                try:
                    rows.append(edge(line, found))
                except InputError as error:
                    self.bad(f"{self.name}, line {number + i:,}", line, str(error))
        if rows:
            sources, targets, relations, weights = (list(column) for column in zip(*rows, strict=True))
            yield Batch(
                texts_of(sources),
                texts_of(targets),
                None if found.relation is None else texts_of(relations),
                None if found.weight is None else np.array(weights, np.float32),
            )


def fast(data: bytes, found: Layout) -> Batch | None:
    """All edges of a block, None if any row is bad."""
    if found.quoted and not quotes_close(data):
        return None
    csv, arrow = need("pyarrow.csv", "all", "reading graphs"), need("pyarrow", "all", "reading graphs")
    text = arrow.large_string()
    wanted = {"source": text, "target": text, "relation": text, "weight": arrow.float64()}
    places = {role: str(getattr(found, role)) for role in wanted if getattr(found, role) is not None}
    try:
        table = csv.read_csv(
            arrow.BufferReader(collapse_spaces(data) if found.delimiter == " " else data),
            csv.ReadOptions(block_size=ARROW_BYTES, column_names=[str(i) for i in range(found.width)]),
            csv.ParseOptions(delimiter=found.delimiter, quote_char='"' if found.quoted else False),
            csv.ConvertOptions(
                column_types={place: wanted[role] for role, place in places.items()},
                include_columns=list(places.values()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except arrow.ArrowException:
        return None
    weights = None if found.weight is None else table.column(places.pop("weight")).to_numpy()
    if weights is not None and not np.all((weights >= 0) & (weights <= LARGEST)):
        return None
    columns: dict[str, Texts] = {}
    for role, place in places.items():
        texts = without_blanks(table.column(place))
        if texts is None:
            return None
        columns[role] = texts
    weighed = None if weights is None else weights.astype(np.float32)
    return Batch(columns["source"], columns["target"], columns.get("relation"), weighed)


def quotes_close(data: bytes) -> bool:
    """Whether every line closes the quotes that it opens: an edge is one line, and else the next ones would be its."""
    if b'"' not in data:
        return True
    text = np.frombuffer(data, np.uint8)
    before = np.cumsum(text == ord('"'), dtype=np.int64)
    return not (before[text == ord("\n")] % 2).any() and before[-1] % 2 == 0


def collapse_spaces(data: bytes) -> bytes:
    """Lines whose cells are divided by one space each, with none before or after."""
    data = data.translate(bytes.maketrans(b"\t\r\f\v", b"    "))
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data.replace(b" \n", b"\n").replace(b"\n ", b"\n").removeprefix(b" ")


def without_blanks(column: Any) -> Texts | None:
    """The column without leading and trailing spaces, None if a text is empty."""
    compute = need("pyarrow.compute", "all", "reading graphs")
    texts = texts_of(column.combine_chunks())
    if not has_blanks(texts.data, texts.offsets, BLANK_BYTES):
        return texts
    texts = texts_of(compute.ascii_trim(column.combine_chunks(), BLANKS))
    return texts if np.all(np.diff(texts.offsets)) else None


def edge(line: bytes, found: Layout) -> tuple[str, str, str, float]:
    """Source, target, relation ("" without) and weight (1 without) of one line; `InputError` if it is not an edge."""
    try:
        cells = found.cells(line.decode().rstrip("\r"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error.reason}); give encoding=") from error
    if len(cells) != found.width:
        raise InputError(f"{len(cells)} columns, wanted {found.width}")
    for role in ("source", "target", "relation"):
        place = getattr(found, role)
        if place is not None and not cells[place]:
            raise InputError(f"the {role} is empty")
    weight = 1.0 if found.weight is None else weight_of(cells[found.weight])
    return (
        cells[found.source],
        cells[found.target],
        "" if found.relation is None else cells[found.relation],
        weight,
    )


def weight_of(given: object) -> float:
    """A weight, as text or number; `InputError` if it is not a finite number of 0 or more."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    number = finite_number(given) if isinstance(given, str) else float(given) if is_number else None  # type: ignore[arg-type]
    if number is None or not 0 <= number <= LARGEST:
        raise InputError(f"the weight is {shortened(given)}, wanted a finite number of 0 or more")
    return number
