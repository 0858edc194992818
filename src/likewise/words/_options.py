"""How a text becomes words on disk: what every method of this family begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from likewise.data.text import blocks
from likewise.errors import InputError
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.corpus.corpus import Corpus, encode
from likewise.tokens.corpus.custom_tokenizer import Split
from likewise.tokens.corpus.phrases import join_phrases
from likewise.tokens.corpus.word_pattern import Words


@dataclass(frozen=True)
class Reading:
    """How a text becomes words; the defaults suit plain text in any language that parts words."""

    tokens: Words | Split = field(
        default_factory=Words
    )  # a rule, or your own function from a row to its words
    field: str | None = None  # of JSON lines
    column: str | None = None  # of CSV, TSV or Parquet
    encoding: str = "utf-8"
    errors: Literal["strict", "replace"] = "strict"  # at bytes that are not text in the encoding
    max_vocabulary: int | None = None  # only the most frequent words
    phrases: int = 0  # passes that join words which keep company: new york → new_york
    phrase_threshold: float = 10.0  # how much more often than chance

    @classmethod
    def of_table(cls, table: Table) -> Reading:
        """The options that the text of a table was read with, without field, column, encoding and errors.

        A table from elsewhere says only how its keys are spelt.

        Parameters
        ----------
        table : Table
            Word vectors.

        Returns
        -------
        Reading
            Options to read more text in the same way.

        Raises
        ------
        InputError
            If a function of the caller split the text. Make a `Reading` with that function instead.
        """
        made = table.facts.get("reading")
        if not isinstance(made, dict):
            return cls(tokens=Words(form=table.spelling.form, case=table.spelling.case))
        if not isinstance(made.get("tokens"), dict):
            raise InputError(
                f"the text of this table was split by the {made.get('tokens')}: give reading= with it"
            )
        return cls(
            tokens=Words(**made["tokens"]),
            phrases=made["phrases"],
            phrase_threshold=made["phrase_threshold"],
        )

    def as_facts(self) -> dict[str, Any]:
        """The options as JSON values; a function is recorded by its name.

        Returns
        -------
        dict
            Name to value.
        """
        values = {name: getattr(self, name) for name in Reading.__dataclass_fields__}
        tokens = self.tokens
        values["tokens"] = (
            asdict(tokens)
            if isinstance(tokens, Words)
            else f"function {getattr(tokens, '__qualname__', tokens)}"
        )
        return values


def facts_of(call: dict[str, Any], corpus: Corpus, losses: list[float]) -> dict[str, Any]:
    """What a table says of its making: the call without the number of threads, the text, and the losses."""
    made = {name: value for name, value in call.items() if name != "threads"}
    return {
        **made,
        "text_digest": corpus.digest,
        "reading_report": asdict(corpus.reading),
        "losses": losses,
    }


def read_words(
    text: Any, folder: Path, reading: Reading, min_count: int, threads: int, watch: Callable[[Progress], None]
) -> Corpus:
    """The text as ids on disk in `folder`, phrases joined."""
    found = blocks(
        text, field=reading.field, column=reading.column, encoding=reading.encoding, errors=reading.errors
    )
    corpus = encode(
        found, folder, words=reading.tokens, min_count=min_count, max_vocabulary=reading.max_vocabulary,
        errors=reading.errors, threads=threads, progress=watch,
    )  # fmt: skip
    if reading.phrases:
        corpus = join_phrases(
            corpus,
            folder / "phrases",
            threshold=reading.phrase_threshold,
            min_count=min_count,
            passes=reading.phrases,
        )
    if len(corpus.keys) < 2:
        raise InputError(
            f"the vocabulary is one word, {corpus.keys[0]!r}: a window needs at least 2 different words"
        )
    return corpus
