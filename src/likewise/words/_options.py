"""How text is read into word ids on disk, the first stage of every method of this family."""

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
    """How text is split into words.

    The defaults suit plain text in any language that separates words.

    Parameters
    ----------
    tokens : Words or callable, optional
        A splitting rule, or a function from a row to the list of its tokens.
    field : str or None, default None
        Field of JSON lines with the text.
    column : str or None, default None
        Column of CSV, TSV or Parquet files with the text.
    encoding : str, default "utf-8"
        Encoding of the files.
    errors : "strict" or "replace", default "strict"
        At bytes that are not text in the encoding: raise an error, or replace and count them.
    max_vocabulary : int or None, default None
        Largest number of words; the most frequent ones are kept. None keeps all.
    phrases : int, default 0
        Passes that join frequent pairs of words: new york to new_york (Mikolov et al. 2013, section 4).
    phrase_threshold : float, default 100.0
        Score above which a pair is joined: how many times more often it occurs than by chance.
    """

    tokens: Words | Split = field(default_factory=Words)
    field: str | None = None
    column: str | None = None
    encoding: str = "utf-8"
    errors: Literal["strict", "replace"] = "strict"
    max_vocabulary: int | None = None
    phrases: int = 0
    phrase_threshold: float = 100.0

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
