"""`likewise senses` and `likewise fill`: what a word means here, and which word is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.models import kind_of, open_model
from likewise.cli.output import note, records
from likewise.errors import InputError

if TYPE_CHECKING:
    from likewise.contextual import Contextual, Pretrained, Senses


def senses(
    model: options.Model,
    word: Annotated[str, typer.Argument(metavar="WORD")],
    sentence: Annotated[
        str | None,
        typer.Option(
            "--in", metavar="TEXT", help="A text with the word: which of its meanings is meant there?"
        ),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the usages are: a file, folder or glob of text, a row each; a checkpoint keeps none.",
            show_default="those that the model keeps",
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option("-k", metavar="N", help="How many meanings; without it, as many as lie apart."),
    ] = None,
    by: Annotated[
        Literal["context", "neighbours", "joined"] | None,
        typer.Option(
            help="Usages are separated by the encoder, by the mean of the context words, or by both.",
            show_default="joined; of a checkpoint context",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the clustering.")] = 0,
    as_json: options.AsJson = False,
) -> None:
    """The meanings of a word: its usages in clusters, each with its share, typical usages and words that could stand
    there.

    With --in, the meaning there comes first to standard error, by the encoder and by the context words.
    """
    encoder = _encoder(model)
    known = encoder.senses(word, k=k, by=by, seed=seed, texts=None if texts is None else _rows_of(texts))
    if sentence is not None:
        _report_meaning(encoder, known, sentence, k, seed)
    records(
        _rows(known, None if sentence is None else encoder.assign(known, sentence).number), as_json=as_json
    )
    if len(known.meanings) > 1 and known.margin < senses_least():
        note(
            f"these usages of {word!r} lie hardly apart (by {known.margin:.3f} in cosines): doubt the meanings"
        )


def _encoder(name: str) -> Contextual | Pretrained:
    """A model of words in context, or a checkpoint."""
    from likewise.contextual import Pretrained

    model = open_model(name)
    return model if isinstance(model, Pretrained) else _as_contextual(model, name, "senses")


def _rows_of(texts: Path) -> list[str]:
    from likewise.data.text import blocks
    from likewise.tokens.corpus.custom_tokenizer import texts_of

    return list(texts_of(blocks(texts), "strict"))


def senses_least() -> float:
    """The margin between meanings below which they are to be doubted."""
    from likewise.contextual._senses import LEAST

    return LEAST


def _rows(known: Senses, meant: int | None) -> Iterator[dict[str, Any]]:
    for one in known.meanings:
        here = {} if meant is None else {"here": "←" if one.number == meant else ""}
        yield {
            "meaning": one.number, **here, "share": one.share, "substitutes": ", ".join(one.substitutes),
            "usages": " | ".join(one.usages),
        }  # fmt: skip


def _report_meaning(
    encoder: Contextual | Pretrained, known: Senses, sentence: str, k: int | None, seed: int
) -> None:
    """Which meaning is meant, and what the context words say by themselves."""
    meanings = encoder.assign(known, sentence)
    note(
        f"meaning {meanings.number} here, by {known.by}: cosine {meanings.cosine:.2f}, "
        f"{meanings.margin:.2f} above the next"
    )
    if known.by == "neighbours" or encoder.words is None:
        return
    from dataclasses import replace

    import numpy as np

    from likewise.contextual._occurrences import represent, unit

    rows = represent(encoder, known.usages, "neighbours")
    centres = [rows[known.codes == code].mean(axis=0) for code in range(len(known.meanings))]
    plain = replace(known, by="neighbours", centres=unit(np.stack(centres)).astype(np.float64))
    simple = encoder.assign(plain, sentence)
    note(f"meaning {simple.number} by the mean of the context words, without the encoder")


def fill(
    model: options.Model,
    sentence: Annotated[str, typer.Argument(metavar="TEXT", help="With one [MASK] in place of a word.")],
    k: options.Nearest = 10,
    as_json: options.AsJson = False,
) -> None:
    """Which word is hidden: the likeliest by the encoder, and the nearest to the sum of the word2vec vectors of the
    context."""
    encoder = _as_contextual(open_model(model), model, "fill")
    answers = encoder.fill(sentence, k)
    simple = [] if encoder.words is None else encoder.fill_by_sum(sentence, k)
    rows = []
    for i in range(max(len(answers), len(simple))):
        row: dict[str, Any] = {}
        if i < len(answers):
            row |= {encoder.method: answers[i].word, "probability": answers[i].probability}
        if i < len(simple):
            row |= {"word2vec's sum": simple[i].key, "cosine": simple[i].score}
        rows.append(row)
    records(rows, as_json=as_json)


def _as_contextual(model: Any, name: str, command: str) -> Contextual:
    from likewise.contextual import Contextual

    if not isinstance(model, Contextual):
        raise InputError(
            f"{name!r} ({kind_of(model)}) is no model of words in context, which `{command}` wants: "
            "`likewise train context` makes one"
        )
    return model
