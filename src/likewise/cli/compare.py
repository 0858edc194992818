"""`likewise compare`: do the embeddings beat the raw features on your own labelled texts, images, nodes or users?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import compare_images, compare_keys, image_options, options
from likewise.cli import output as show
from likewise.cli.image_options import are_images
from likewise.cli.images import is_one, refuse_of_texts
from likewise.errors import InputError, OptionError, OutputExists

if TYPE_CHECKING:
    import numpy as np

    from likewise.data.labelled import Labelled
    from likewise.probing import Comparison

REPORT, NUMBERS = "report.html", "comparison.json"
TASK, MEASURE, OUT = "The task", "How it is measured", "The output"


def compare(
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED",
            help="CSV, TSV, JSON lines or Parquet, a text or key and a label a row; or a folder of images, by class.",
        ),
    ],
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="Models of documents or words; or lsa, averaged, sif, which are learnt here from the texts. For "
            "images, models of images; for keys, of nodes or users, or any vectors.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str | None,
        options.learning("The column of the text.", "NAME", TASK, "text"),
    ] = None,
    label: Annotated[
        str | None,
        options.learning(
            "The column of the label. Both as numbers from 0 where a CSV or TSV file has no header.",
            "NAME", TASK, "label, of images the first",
        ),
    ] = None,
    key: Annotated[
        str | None,
        options.learning(
            "The column of ids of nodes or users, in place of texts.", "NAME", TASK, "key, for a model of these"
        ),
    ] = None,
    labels: image_options.Labels = None,
    test: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Rows to test, instead of folds of LABELLED.", rich_help_panel=TASK
        ),
    ] = None,
    encoding: Annotated[str, options.learning("Such as latin-1 or utf-16.", "NAME", TASK)] = "utf-8",
    errors: Annotated[
        Literal["strict", "replace"],
        typer.Option(help="Stop at bytes that are not text, or replace them.", rich_help_panel=TASK),
    ] = "strict",
    raw: Annotated[
        Literal["words", "bigrams", "chars", "pixels", "HOG"] | None,
        typer.Option(
            help="The raw features: tf-idf of words, of words and pairs, or of 2 to 5 characters within words; of "
            "images, pixels or histograms of oriented gradients. Nodes have their edges, users their histories.",
            show_default="bigrams, pixels",
            rich_help_panel=MEASURE,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        options.learning(
            "Each row is tested once, by what learnt from the other folds.", panel=MEASURE, default="5"
        ),
    ] = None,
    budgets: Annotated[
        str,
        options.learning(
            "Labels a class on the learning curve; none for no curve.", "N,N", MEASURE, "10,30,100,300"
        ),
    ] = "10,30,100,300",
    metric: Annotated[
        Literal["accuracy", "macro-F1"],
        typer.Option(help="macro-F1 counts every class alike.", rich_help_panel=MEASURE),
    ] = "accuracy",
    dim: Annotated[
        int | None,
        options.learning("Of lsa, averaged and sif learnt here.", panel=MEASURE, default="lsa: 300, else 100"),
    ] = None,
    seed: Annotated[int, options.learning("Of folds, labels drawn and what is learnt here.", panel=MEASURE)] = 0,
    threads: options.Threads = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="A folder for report.html and comparison.json.",
            rich_help_panel=OUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace those of an earlier one.", rich_help_panel=OUT)
    ] = False,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Do embeddings beat the raw features on your own task?

    The same rows, labels and linear head for all, and one line of advice, which may well be to keep the raw features.
    No label is seen before the head. Features and vectors learnt here see the texts of all folds, but none of --test.
    """
    from likewise.cli.representations import RAW, represented
    from likewise.probing import compare as measured

    numbers = _budgets(budgets)
    if output is None and overwrite:
        raise OptionError("--overwrite is of the folder of --output: name one, or leave it out")
    if output is not None:
        _refuse(output, overwrite=overwrite)
    if labels is not None or are_images(labelled) or any(map(is_one, models or ())):
        refuse_of_texts(
            text=text, key=key, dim=dim, encoding=encoding if encoding != "utf-8" else None,
            errors=errors if errors != "strict" else None, raw=raw if raw in RAW else None,
        )  # fmt: skip
        read, dataset, learnt, loaded = compare_images.task(labelled, test, models or [], labels, label)
        answers, name, split = dataset.labels or [], str(labelled), _split(len(dataset), learnt, test, folds)
        features = compare_images.represented(
            read, dataset, loaded, raw=raw or "pixels", seed=seed, threads=threads
        )
    elif key is not None or any(map(compare_keys.is_one, models or ())):
        compare_keys.refuse_of_others(text=text, dim=dim, raw=raw, threads=threads)
        columns = (key or compare_keys.COLUMN, label or "label")
        task = _task(labelled, test, folds, columns, encoding, errors)
        answers, name, split = task.labels, task.name, task.folds
        features = compare_keys.represented(task.texts, models or [])
    else:
        if raw in ("pixels", "HOG"):
            raise OptionError(f"--raw {raw} is of images, and {str(labelled)!r} holds texts")
        task = _task(labelled, test, folds, (text or "text", label or "label"), encoding, errors)
        answers, name, split = task.labels, task.name, task.folds
        features = represented(
            task.texts, task.learnt, models or [], raw=raw or "bigrams", dim=dim, seed=seed, threads=threads
        )
    found = measured(answers, features, metric=metric, folds=split, seed=seed, budgets=numbers)
    if output is not None:
        _write(output, found, name)
    _show(found, as_json)
    if not models:
        show.note("name models to compare, or lsa, averaged, sif, which are learnt from texts")


@dataclass(frozen=True)
class Task:
    """`texts` and `labels`, of which the first `learnt` may be learnt from without labels; and the folds."""

    name: str
    texts: list[str]
    labels: list[str]
    learnt: int
    folds: int | np.ndarray


def _task(
    labelled: Path, test: Path | None, folds: int | None, columns: tuple[str, str], encoding: str, errors: str
) -> Task:
    from numpy import arange

    from likewise.data.text import is_utf8
    from likewise.probing import given_split

    if test is not None and folds is not None:
        raise OptionError("--folds parts LABELLED, and --test gives rows to test: leave one of both out")
    encoding = "utf-8-sig" if is_utf8(encoding) else encoding
    rows = _labelled(labelled, columns, encoding, errors)
    if test is None:
        return Task(rows.name, rows.texts, rows.labels, len(rows), _folds(folds, len(rows)))
    tested = _labelled(test, columns, encoding, errors)
    split = given_split(arange(len(rows) + len(tested)) >= len(rows))
    return Task(rows.name, rows.texts + tested.texts, rows.labels + tested.labels, len(rows), split)


def _split(n: int, learnt: int, test: Path | None, folds: int | None) -> int | np.ndarray:
    """The given number of folds, or the one that tests all after the first `learnt` images."""
    from numpy import arange

    from likewise.probing import given_split

    if test is None:
        return _folds(folds, n)
    if folds is not None:
        raise OptionError("--folds splits LABELLED, and --test gives images to test: leave one of both out")
    return given_split(arange(n) >= learnt)


def _labelled(path: Path, columns: tuple[str, str], encoding: str, errors: str) -> Labelled:
    from likewise.data.labelled import read

    text, label = columns
    if text.isdecimal() and label.isdecimal():
        return read(path, text=int(text), label=int(label), encoding=encoding, errors=errors)
    return read(path, text=text, label=label, encoding=encoding, errors=errors)


def _folds(folds: int | None, n: int) -> int:
    """The given number; by default 5, or a fold a row where there are fewer."""
    return folds if folds is not None else max(2, min(5, n))


def _budgets(text: str) -> tuple[int, ...]:
    try:
        return () if text == "none" else tuple(int(part) for part in text.split(","))
    except ValueError:
        raise OptionError(
            f"--budgets are numbers of labels a class such as 10,30,100, or none, not {text!r}"
        ) from None


def _refuse(folder: Path, *, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give the name of a folder")
    if not folder.parent.is_dir():
        raise InputError(f"there is no folder {folder.parent} to make {folder.name} in: make it first")
    for name in (REPORT, NUMBERS):
        if (folder / name).exists() and not overwrite:
            raise OutputExists(f"{folder / name} is there already: choose another folder, or --overwrite it")


def _write(folder: Path, found: Comparison, name: str) -> None:
    from likewise.report.comparison import compared
    from likewise.report.page import page
    from likewise.system import files

    report = found.to_json()
    lead = f"Whether vectors predict the labels of {Path(name).name} better than the raw features do."
    texts = {
        REPORT: page("A comparison", compared(report), lead=lead),
        NUMBERS: json.dumps(report, indent=1) + "\n",
    }
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        with files.atomic_file(folder / name) as file:
            file.write(text.encode())
    show.note(f"the report is in {folder / REPORT}: open it in a browser")


def _show(found: Comparison, as_json: bool) -> None:
    """A table and the advice for a person; for a program a line for each representation, the advice in the last."""
    if show.is_table_wanted(as_json):
        show.text(str(found))
        return
    report = found.to_json()
    lines = [{**row, "curve": _curve(report["points"], row["name"])} for row in report["rows"]]
    show.records([*lines, {"verdict": report["verdict"], "notes": report["notes"]}], as_json=True)


def _curve(points: list[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    return [
        {key: point[key] for key in ("per_class", "labels", "value", "low", "high")}
        for point in points
        if point["name"] == name
    ]
