"""Which terms a row of text has: its words, runs of its words, or runs of its characters.

The kinds and what they mean are those of scikit-learn's `CountVectorizer`, so that numbers can be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from likewise.errors import OptionError
from likewise.tokens.corpus.custom_tokenizer import Split
from likewise.tokens.corpus.word_pattern import Words

LONGEST = 64  # units to a term; more is a mistake in the options, not a feature
WHITE = re.compile(r"\s\s+")
TWO_OR_MORE = re.compile(r"\b\w\w+\b")


def scikit_words(text: str) -> list[str]:
    """scikit-learn's default rule: runs of at least two letters, digits or underscores, in lower case."""
    return TWO_OR_MORE.findall(text.lower())


@dataclass(frozen=True)
class Terms:
    """Runs of `shortest` to `longest` words (`word`), characters (`char`), or characters of a word (`char_wb`).

    A term of several words is spelt with spaces between them. Of characters, white space counts, two or more
    of it as one space; `char_wb` stays within a word and sets a space on both its sides, and takes a word too
    short for the shortest run as a whole. `words` is the splitting rule of `word`, or a function from a row to
    its tokens; of characters it gives Unicode form and case only.

    Parameters
    ----------
    kind : "word", "char" or "char_wb", default "word"
        Word n-grams, character n-grams, or character n-grams within words.
    shortest : int, default 1
        Length of the shortest n-grams.
    longest : int, default 1
        Length of the longest n-grams.
    words : Words or callable, default {}
        Rule that splits a text into words, or a function that does.
    """

    kind: Literal["word", "char", "char_wb"] = "word"
    shortest: int = 1
    longest: int = 1
    words: Words | Split = field(default_factory=Words)

    def __post_init__(self) -> None:
        if self.kind not in ("word", "char", "char_wb"):
            raise OptionError(f"kind must be 'word', 'char' or 'char_wb', not {self.kind!r}")
        if not 1 <= self.shortest <= self.longest <= LONGEST:
            raise OptionError(
                f"shortest and longest must be 1 to {LONGEST} in rising order, not {self.shortest} and {self.longest}"
            )
        if self.kind != "word" and not isinstance(self.words, Words):
            raise OptionError(f"kind {self.kind!r} splits no words; give words=Words(...) for form and case")

    def of_row(self, text: str) -> list[str]:
        """The terms of one text. This is the reference; `occurrences.read` must agree with it.

        Parameters
        ----------
        text : str
            One text.
        """
        sizes = range(self.shortest, self.longest + 1)
        if self.kind == "word":
            tokens = self.words.split(text) if isinstance(self.words, Words) else self.words(text)
            return [" ".join(run) for n in sizes for run in runs(tokens, n)]
        if self.kind == "char":
            return [run for n in sizes for run in runs(self.spaced(text), n)]
        found = []
        for word in self.spaced(text).split():
            padded = f" {word} "
            for n in sizes:
                found += runs(padded, n) or [padded]
                if n >= len(padded):
                    break
        return found

    def spaced(self, text: str) -> str:
        """The text in the form and case of its characters, two or more white characters as one space.

        Parameters
        ----------
        text : str
            One text.
        """
        assert isinstance(self.words, Words)
        return WHITE.sub(" ", self.words.spelling(text))


def runs(units: list[str] | str, n: int) -> list:
    """All runs of n neighbours."""
    return [units[i : i + n] for i in range(len(units) - n + 1)]
