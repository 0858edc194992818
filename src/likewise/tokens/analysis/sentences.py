r"""Where sentences and paragraphs end: the rule by which a text is pooled step by step.

A paragraph ends at a blank line. A sentence ends there, or after `.`, `!`, `?` or `…` (with closing quotes and
brackets) before white space and what does not go on in lower case, or after the full stops of Chinese and Japanese.
That is the shape of Unicode's rule (UAX #29, SB6–SB11) without its tables, so "Dr. Who" is two; for a mean of words
little hangs on it.
"""

from __future__ import annotations

import re

import numpy as np

PARAGRAPH = re.compile(r"(?:\r\n|[\n\r\u2029])[ \t]*(?:\r\n|[\n\r\u2029])\s*|\u2029")
SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]»]*\s+(?=[^a-z\s])|(?<=[。！？])(?=[^」』”’）])")


def sentences_of(text: str) -> tuple[list[str], np.ndarray]:
    """The sentences of a text, and offsets (p + 1,) int64 of its paragraphs into them; an empty text has none."""
    sentences: list[str] = []
    ends = [0]
    for paragraph in PARAGRAPH.split(text):
        found = [sentence for sentence in SENTENCE.split(paragraph) if sentence.strip()]
        if found:
            sentences += found
            ends.append(len(sentences))
    return sentences, np.array(ends, np.int64)
