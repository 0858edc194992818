"""The running text of an article in wiki markup, by a few rules: enough to learn words from, no more."""

from __future__ import annotations

import html
import re

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
NOTE = re.compile(r"<ref\b[^<>]*/>|<ref\b[^<>]*>.*?</ref\s*>", re.DOTALL | re.IGNORECASE)
# What stands in these is not running text.
ASIDE = re.compile(
    r"<(math|gallery|timeline|source|syntaxhighlight|pre|score|code)\b[^<>]*>.*?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
# A link to an image, a category or another language; its caption holds links of its own.
ELSEWHERE = re.compile(r"\[\[\s*(?:[Ff]ile|[Ii]mage|[Cc]ategory|[a-z]{2,3}(?:-[a-z]+)*)\s*:")
LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]")
ADDRESS = re.compile(r"\[(?:https?:|ftp:)?//[^\s\]]*\s*([^\]]*)\]|(?:https?|ftp)://\S+")
QUOTES = re.compile(r"'{2,}")
SWITCH = re.compile(r"__[A-Z]+__")
HEADING = re.compile(r"^=+\s*(.*?)\s*=+\s*$")
LIST_MARK = re.compile(r"^[*#:;]+\s*")
# From here on an article has lists and links, no sentences.
APPENDICES = frozenset(
    ("bibliography", "citations", "external links", "footnotes", "further reading", "notes", "references",
     "see also", "sources")
)  # fmt: skip


def paragraphs(markup: str) -> list[str]:
    """The paragraphs and list items of an article in their order, without headings, tables, notes and appendices."""
    text = COMMENT.sub("", markup)
    text = html.unescape(text.replace("&nbsp;", " "))
    text = ASIDE.sub(" ", NOTE.sub("", text))
    text = without(without(text, "{{", "}}"), "{|", "|}")
    text = _without_captions(text)
    text = LINK.sub(r"\1", LINK.sub(r"\1", text))
    text = ADDRESS.sub(lambda found: found[1] or "", text)
    text = SWITCH.sub("", QUOTES.sub("", TAG.sub(" ", text)))
    return _without_markup(text.splitlines())


def without(text: str, opening: str, closing: str) -> str:
    """`text` without what stands between `opening` and its `closing`, also where they are nested.

    One that is never closed goes no further than its own mark.
    """
    kept, depth, start = [], 0, 0
    marks = re.compile(f"{re.escape(opening)}|{re.escape(closing)}")
    for mark in marks.finditer(text):
        if mark[0] == opening:
            if depth == 0:
                kept.append(text[start : mark.start()])
                start = mark.start()
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                start = mark.end()
    return "".join(kept) + text[start:].removeprefix(opening if depth else "")


def _without_captions(text: str) -> str:
    """Links that are no part of a sentence taken out whole, with the links inside them."""
    kept, start = [], 0
    for found in ELSEWHERE.finditer(text):
        if found.start() >= start:
            kept.append(text[start : found.start()])
            start = _link_end(text, found.start())
    return "".join(kept) + text[start:]


def _link_end(text: str, start: int) -> int:
    """Where the link that begins at `start` has ended: after its brackets, or at the end of its line."""
    depth = 0
    for mark in re.compile(r"\[\[|\]\]|\n").finditer(text, start):
        if mark[0] == "\n":
            return mark.start()
        depth += 1 if mark[0] == "[[" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def _without_markup(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        heading = HEADING.match(line)
        if heading is None:
            found.append(" ".join(LIST_MARK.sub("", line).split()))
        elif heading[1].lower() in APPENDICES:
            break
    return [line for line in found if any(c.isalpha() for c in line) and line[0] not in "|!{}"]
