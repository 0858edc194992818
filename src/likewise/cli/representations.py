"""Texts as each representation of a comparison has them: raw features, models that were named, those learnt here."""

from __future__ import annotations

from typing import Any

from likewise.cli.models import is_folder, mean_of_word_vectors, open_encoder
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import InputError, OptionError

LEARNT_HERE = ("lsa", "averaged", "sif")
RAW = {  # kind, shortest and longest run
    "words": ("word", 1, 1),
    "bigrams": ("word", 1, 2),
    "chars": ("char_wb", 2, 5),
}
NAMES = {"words": "tf-idf", "bigrams": "tf-idf 1-2", "chars": "tf-idf chars"}
EPOCHS = 20  # of words learnt from the texts of a task, which are mostly few


def represented(
    texts: list[str],
    learnt: int,
    models: list[str],
    *,
    raw: str,
    dim: int | None,
    seed: int,
    threads: int | None,
) -> dict[str, Any]:
    """The matrices of all texts, by name, the raw features first; what is learnt here sees the first `learnt` texts.

    Raises `InputError` for a name that is no model, or stands twice.
    """
    own = [name for name in models if name in LEARNT_HERE and not _is_there(name)]
    if dim is not None and not own:
        raise OptionError(f"--dim is of {', '.join(LEARNT_HERE)} where they are learnt here: leave it out")
    repeated = next((name for name in models if models.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f"{repeated!r} is named twice: name each model once")
    loaded = {name: open_encoder(name) for name in models if name not in own}
    found = {NAMES[raw]: _raw(texts, learnt, raw, threads)}
    with Bar() as bar:
        made = _learnt_here(texts[:learnt], own, dim, seed, threads, bar)
    for name in models:
        found[name] = _vectors(made[name] if name in made else loaded[name], texts, name)
    return found


def _is_there(name: str) -> bool:
    from pathlib import Path

    return is_folder(Path(name))


def _raw(texts: list[str], learnt: int, raw: str, threads: int | None) -> Any:
    """Tf-idf, sublinear, fitted without a label on the texts that may be learnt from."""
    from likewise import documents

    kind, shortest, longest = RAW[raw]
    terms = documents.Terms(kind=kind, shortest=shortest, longest=longest)  # type: ignore[arg-type]
    model = documents.tfidf(
        texts[:learnt], terms=terms, sublinear_tf=True, keep=learnt == len(texts), threads=threads
    )
    return model.rows if model.rows is not None else model.sparse(texts, threads=threads)


def _learnt_here(
    texts: list[str], names: list[str], dim: int | None, seed: int, threads: int | None, bar: Bar
) -> dict[str, Any]:
    from likewise import documents, words

    made: dict[str, Any] = {}
    table = None
    for name in names:
        note(f"{name}: learning from {len(texts):,} texts")
        if name == "lsa":
            width = min(300, max(1, len(texts) // 4)) if dim is None else dim
            made[name] = documents.lsa(texts, dim=width, keep=False, seed=seed, threads=threads, report=bar)
            continue
        if table is None:
            table = words.word2vec(
                texts,
                dim=dim or 100,
                window=10,
                epochs=EPOCHS,
                min_count=2,
                seed=seed,
                threads=threads,
                report=bar,
            )
        if name == "averaged":
            made[name] = mean_of_word_vectors(table)
        else:
            made[name] = documents.sif(texts, words=table, keep=False, threads=threads)
    return made


def _vectors(model: Any, texts: list[str], name: str) -> Any:
    """The matrix of a model's vectors, sparse where it has them so; what it does not know is reported."""
    sparse = getattr(model, "sparse", None)
    vectors = model.encode(texts) if sparse is None else sparse(texts)
    unknown = int((~model.known(texts)).sum())
    if unknown:
        note(f"{name}: {unknown:,} of {len(texts):,} texts without a known term, their rows are zeros")
    return vectors
