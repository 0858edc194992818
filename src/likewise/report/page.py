"""A report as one page of HTML: no script, no network, readable on a phone, in the dark and on paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TypeAlias

from likewise.errors import InputError
from likewise.report.escape import escaped
from likewise.report.style import STYLE
from likewise.report.svg_sanitise import drawing

Cell: TypeAlias = str | float | None
CONTENTS = 3  # from this many sections on a page has a list of them


@dataclass(frozen=True)
class Section:
    """A part of a page; what is empty is left out. All but `figure` is text, whatever characters it holds.

    `text` is one or more paragraphs, an empty line between two; `call` is code; `header` and `rows` are a
    table, whole numbers shown with commas, others with 3 decimals, None as nothing; `figure` is SVG, such as
    `word_map` and `sheet` return, of shapes, text and pixels only; `caption` stands under table or figure.

    Parameters
    ----------
    heading : str
        Heading.
    text : str, default ""
        Paragraphs of the section.
    call : str, default ""
        Code that made the section.
    header : sequence of str, default ()
        Header of the table.
    rows : sequence, default ()
        Rows of the table.
    figure : str, default ""
        SVG.
    caption : str, default ""
        Caption.
    """

    heading: str
    text: str = ""
    call: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    figure: str = ""
    caption: str = ""


def page(title: str, sections: Iterable[Section], *, lead: str = "") -> str:
    """A whole HTML document; `lead` is a line or two under the title.

    A content security policy allows its own style sheet, by digest, pixels that lie in the page itself where there are
    any, and nothing else. Raises `InputError`
    where a row has not as many cells as the header, or a figure holds more than shapes, text and pixels.

    Parameters
    ----------
    title : str
        Title.
    sections : sequence of Section
        Sections.
    lead : str, default ""
        Paragraph at the top.
    """
    listed = list(sections)
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    images = "img-src data:; " if any("<image" in section.figure for section in listed) else ""
    policy = f"default-src 'none'; {images}style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{_prose(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<header>",
            f"<h1>{_prose(title)}</h1>",
            *([f'<p class="lead">{_prose(lead)}</p>'] if lead else []),
            *(_contents(listed) if len(listed) >= CONTENTS else []),
            "</header>",
            "<main>",
            *(line for i, section in enumerate(listed, 1) for line in _section(section, i)),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _contents(sections: Sequence[Section]) -> list[str]:
    links = [
        f'<li><a href="#s{i}">{_prose(section.heading)}</a></li>' for i, section in enumerate(sections, 1)
    ]
    return ['<nav aria-label="Contents">', "<ol>", *links, "</ol>", "</nav>"]


def _section(section: Section, number: int) -> list[str]:
    lines = [f'<section aria-labelledby="s{number}">', f'<h2 id="s{number}">{_prose(section.heading)}</h2>']
    lines += [f"<p>{_prose(part)}</p>" for part in _paragraphs(section.text)]
    if section.call:
        lines.append(f'<pre tabindex="0"><code>{_code(section.call)}</code></pre>')
    if section.header or section.rows or section.figure:
        lines.append("<figure>")
        lines += _table(section)
        if section.figure:
            lines.append(f'<div class="scroll" tabindex="0">{drawing(section.figure)}</div>')
        if section.caption:
            lines.append(f"<figcaption>{_prose(section.caption)}</figcaption>")
        lines.append("</figure>")
    return [*lines, "</section>"]


def _prose(text: str) -> str:
    """Line ends and tabs are spaces."""
    return escaped(" ".join(text.split()))


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


def _code(call: str) -> str:
    """Code keeps its lines and tabs; other control characters are shown."""
    lines = call.replace("\r\n", "\n").strip("\n").split("\n")
    return "\n".join("\t".join(escaped(part) for part in line.split("\t")) for line in lines)


def _table(section: Section) -> list[str]:
    if not section.header and not section.rows:
        return []
    columns = len(section.header)
    for i, row in enumerate(section.rows):
        if len(row) != columns:
            raise InputError(
                f"row {i} of {section.heading!r} has {len(row)} cells, wanted {columns}, as its header"
            )
    numeric = [all(isinstance(row[i], Real | None) for row in section.rows) for i in range(columns)]
    classes = [' class="number"' if number and section.rows else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{c}>{escaped(cell)}</th>' for c, cell in zip(classes, section.header, strict=True)
    )
    body = [
        "<tr>"
        + "".join(f"<td{c}>{escaped(_shown(cell))}</td>" for c, cell in zip(classes, row, strict=True))
        + "</tr>"
        for row in section.rows
    ]
    return [
        '<div class="scroll" tabindex="0">',
        "<table>",
        f"<thead><tr>{head}</tr></thead>",
        "<tbody>",
        *body,
        "</tbody>",
        "</table>",
        "</div>",
    ]


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Integral):
        return f"{cell:,}"
    return f"{cell:.3f}" if isinstance(cell, Real) else str(cell)
