"""RDF files → statements, streaming, by pyoxigraph. A line of N-Triples is a statement, so a bad one can be reported
and skipped. Input that would make the parser hang or crash is refused before it is parsed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from likewise.data.graph.lines import Bad, line_blocks
from likewise.data.sources import Source, Unpacked, opened
from likewise.errors import InputError, OptionError
from likewise.system.extras import need

FORMATS = {"nt": "N_TRIPLES", "nq": "N_QUADS", "ttl": "TURTLE", "trig": "TRIG", "rdf": "RDF_XML"}
BY_LINE = ("nt", "nq")
BLOCK_BYTES = 1 << 20
HEAD_BYTES = 1 << 18  # all entities of RDF/XML must be declared in these
LONGEST_ENTITY = 1000  # characters, enough for prefixes
DEEPEST = 100  # statements about statements about …
ENTITY = re.compile(rb"<!ENTITY\s+[^\s%\"']+\s+\"[^\"&%]{0,1000}\"\s*>")
PROLOGUE = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.S)
ROOT = re.compile(rb"<([^\s<>/!?]+)")
WHERE = re.compile(r"^Parser error [^:]*: ")


def statements(source: Source, form: str, max_bytes: int | None, bad: Bad) -> Iterator[Any]:
    """Each statement of a file, with subject, predicate and object; `InputError` with line and column of a bad one."""
    if bad.path is not None and form not in BY_LINE:
        raise OptionError(
            f"skip_bad= is for one statement per line (N-Triples, N-Quads); {source.name} is not that"
        )
    with opened(source, max_bytes) as stream:
        yield from by_line(stream, form, bad) if form in BY_LINE else whole(stream, form)


def by_line(stream: Unpacked, form: str, bad: Bad) -> Iterator[Any]:
    """The statements of N-Triples or N-Quads."""
    oxigraph = need("pyoxigraph", "graph", "reading RDF")
    parse, kind = oxigraph.parse, getattr(oxigraph.RdfFormat, FORMATS[form])
    for number, data in line_blocks(stream, "utf-8", BLOCK_BYTES):
        try:
            if data.count(b"<<(") > DEEPEST:
                raise SyntaxError
            found = list(parse(data, format=kind))
        except SyntaxError:
            yield from _one_by_one(data, number, kind, stream.source.name, bad)
        else:
            yield from found


def _one_by_one(data: bytes, number: int, kind: Any, name: str, bad: Bad) -> Iterator[Any]:
    parse = need("pyoxigraph", "graph", "reading RDF").parse
    for i, line in enumerate(data.split(b"\n")[:-1]):
        where = f"{name}, line {number + i:,}"
        if line.count(b"<<(") > DEEPEST:
            bad(where, line, f"more than {DEEPEST} nested statements")
            continue
        try:
            found = list(parse(line, format=kind))
        except SyntaxError as error:
            bad(f"{where}, column {error.offset}", line, WHERE.sub("", str(error.msg)))
        else:
            yield from found


def whole(stream: Unpacked, form: str) -> Iterator[Any]:
    """The statements of Turtle, TriG or RDF/XML."""
    oxigraph = need("pyoxigraph", "graph", "reading RDF")
    name = stream.source.name
    checked = CheckedStream(stream, is_xml=form == "rdf")
    try:
        yield from oxigraph.parse(
            io.BufferedReader(checked, BLOCK_BYTES), format=getattr(oxigraph.RdfFormat, FORMATS[form])
        )
    except SyntaxError as error:
        at = (
            f", line {error.lineno:,}, column {error.offset}"
            if error.lineno
            else f", before byte {stream.given:,}"
        )
        raise InputError(f"{name}{at}: {WHERE.sub('', str(error.msg))}") from error
    checked.check_end()


class CheckedStream(io.RawIOBase):
    """A stream that protects the parser from malicious input.

    RDF/XML may declare short entities without references to others, in its head only: no "billion laughs" attack, no
    other file. It must end with the closing tag of its root, since the parser accepts truncated files. Nested
    statements may be `DEEPEST` deep, since the parser is recursive.
    """

    def __init__(self, stream: Unpacked, is_xml: bool) -> None:
        self.stream, self.is_xml = stream, is_xml
        self.root = b""
        self.ready = memoryview(self._head() if is_xml else b"")
        self.tail, self.depth = b"", 0

    def readable(self) -> bool:
        """True, as `io` requires."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the start with checked bytes."""
        if not self.ready:
            self.ready = memoryview(self.stream.read(len(buffer)) or b"")
            if self.is_xml and b"<!" in self.tail[-8:] + bytes(self.ready):
                self._refuse_late_entities()
        n = min(len(buffer), len(self.ready))
        buffer[:n] = self.ready[:n]
        self._check(bytes(self.ready[:n]))
        self.ready = self.ready[n:]
        return n

    def _head(self) -> bytes:
        head = b""
        while len(head) < HEAD_BYTES and (more := self.stream.read(HEAD_BYTES - len(head))):
            head += more
        if b"\0" in head:
            raise InputError(f"{self.stream.source.name} is RDF/XML in UTF-16 or UTF-32; convert it to UTF-8")
        if head.count(b"<!ENTITY") != len(ENTITY.findall(head)):
            raise InputError(
                f"{self.stream.source.name} declares XML entities that refer to others, exceed {LONGEST_ENTITY} "
                "characters or name a file; convert it to N-Triples with a program you trust"
            )
        root = ROOT.search(PROLOGUE.sub(b"", head))
        self.root = root[1] if root else b""
        return head

    def _refuse_late_entities(self) -> None:
        if b"<!ENTITY" in self.tail[-8:] + bytes(self.ready):
            raise InputError(
                f"{self.stream.source.name} declares XML entities after its first {HEAD_BYTES:,} bytes; "
                "convert it to N-Triples with a program you trust"
            )

    def _check(self, given: bytes) -> None:
        seen = self.tail[-2:] + given
        if not self.is_xml and (b"<<(" in seen or b")>>" in seen):
            for mark in re.findall(rb"<<\(|\)>>", seen):
                self.depth = self.depth + 1 if mark == b"<<(" else max(0, self.depth - 1)
                if self.depth > DEEPEST:
                    raise InputError(f"{self.stream.source.name} has more than {DEEPEST} nested statements")
        self.tail = (self.tail + given)[-256:] if len(given) < 256 else given[-256:]

    def check_end(self) -> None:
        """Raise `InputError` if RDF/XML is truncated."""
        if self.is_xml:
            end = re.sub(rb"<!--.*?-->", b"", self.tail, flags=re.S).rstrip()
            if not re.search(rb"(</" + re.escape(self.root) + rb"\s*>|/>)$", end):
                raise InputError(
                    f"{self.stream.source.name} is truncated after {self.stream.given:,} bytes; get the whole file"
                )
