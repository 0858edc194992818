"""Text of others, made safe to stand in markup."""

from __future__ import annotations

import html

JOINERS = "\u200c\u200d"  # no glyphs of their own, but Persian, Hindi and emoji are not spelt without them


def visible(text: str) -> str:
    """`text` with what has no glyph, or turns the direction of writing, as \\x and \\u escapes."""
    return "".join(c if c.isprintable() or c in JOINERS else ascii(c)[1:-1] for c in text)


def escaped(text: str) -> str:
    """`text` as it may stand between tags and in quoted attributes of HTML and XML."""
    return html.escape(visible(text))
