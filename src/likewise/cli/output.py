"""Output: data to standard output, everything else to standard error, and no control characters to a terminal."""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import typer

READER_GONE = 141  # 128 + SIGPIPE, as a shell sees any program whose reader went away
# Printable by their category, yet nothing is seen of them (Default_Ignorable_Code_Point of Unicode).
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def escaped(text: str) -> str:
    """`text` in one line that a terminal shows as it is: control, bidi and invisible characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and not INVISIBLE.match(c) else ascii(c)[1:-1] for c in text)


def prepare() -> None:
    """Let no character be one that cannot be written, and send what the library logs to standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    log = logging.getLogger("likewise")
    if not any(isinstance(handler, _Notes) for handler in log.handlers):
        log.addHandler(_Notes())
    log.setLevel(logging.INFO)


def keep_terminal_as_it_is() -> None:
    """Do not let colorama, which Numba uses where it is installed, end the program with an escape sequence."""
    colorama = sys.modules.get("colorama.initialise")
    if colorama is not None:
        atexit.unregister(colorama.reset_all)


def note(text: str) -> None:
    """One line on standard error; whether anyone reads it is no matter of the work."""
    with suppress(OSError, ValueError):
        print(escaped(text), file=sys.stderr, flush=True)


class _Notes(logging.Handler):
    """What the library logs, as notes."""

    def emit(self, record: logging.LogRecord) -> None:
        head = "warning: " if record.levelno >= logging.WARNING else ""
        note(head + record.getMessage())


def is_table_wanted(as_json: bool) -> bool:
    """Whether a person looks on: standard output is a terminal, and JSON was not requested."""
    return not as_json and sys.stdout.isatty()


def records(found: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """A table of the records where a person looks on, else each as one line of JSON."""
    with _reader():
        if is_table_wanted(as_json):
            _table(list(found))
        else:
            for record in found:
                sys.stdout.write(json_line(record))


def text(lines: str) -> None:
    """Lines as they are, for a person."""
    with _reader():
        sys.stdout.writelines(f"{escaped(line)}\n" for line in lines.split("\n"))


def json_line(record: Mapping[str, Any]) -> str:
    r"""One line of JSON that gives every character back exactly; what a terminal would obey is \u-escaped."""
    is_wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    line = json.dumps(record, ensure_ascii=not is_wide, allow_nan=False)
    if line.isprintable() and not INVISIBLE.search(line):
        return line + "\n"
    return (
        "".join(c if c.isprintable() and not INVISIBLE.match(c) else json.dumps(c)[1:-1] for c in line) + "\n"
    )


@contextmanager
def _reader() -> Iterator[None]:
    """Write to standard output; where its reader has gone (`| head -1`) the program ends as others do."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        raise typer.Exit(READER_GONE) from None


def silence() -> None:
    """Let what is still buffered for standard output go nowhere, so that the end of the program is quiet."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _table(found: list[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in dict.fromkeys(name for record in found for name in record):
        is_number = all(isinstance(record.get(name), int | float) for record in found)
        table.add_column(Text(escaped(name)), overflow="fold", justify="right" if is_number else "left")
        table.columns[-1].header_style = "bold"
    for record in found:
        table.add_row(*(Text(_cell(record.get(str(column.header)))) for column in table.columns))
    width, height = shutil.get_terminal_size()  # rich takes any dumb terminal's width for 80
    Console(file=sys.stdout, highlight=False, width=width, height=height).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escaped(str(value))
