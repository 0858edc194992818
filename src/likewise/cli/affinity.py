"""`likewise affinity`: which tasks on the same items had better be learnt together, and does that hold?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import image_options, options
from likewise.cli import output as show
from likewise.cli.models import refuse_output
from likewise.cli.progress import Bar
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.probing import Confirmation, Grouping
    from likewise.tasks import Affinity

TASK, MEASURE, OUT = "The tasks", "How it is measured", "The output"
APART = "|"  # between the labels of a cell
LSA = 100  # numbers of a text without a model


def affinity(
    labelled: Annotated[
        Path,
        typer.Argument(metavar="LABELLED", help="CSV, TSV, JSON lines or Parquet with an item and its labels a row."),
    ],
    tasks: Annotated[
        str,
        options.learning("Columns of labels; an empty cell is a missing one.", "NAME,NAME", TASK),
    ],
    text: Annotated[str | None, options.learning("The column of texts.", "NAME", TASK, "text")] = None,
    image: Annotated[
        str | None,
        options.learning("The column of image paths, relative to LABELLED or --folder.", "NAME", TASK, False),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder of the images.", rich_help_panel=TASK, show_default="LABELLED's"),
    ] = None,
    numbers: Annotated[
        str | None, options.learning("Those of the tasks that are numbers, not classes.", "NAME,NAME", TASK, False)
    ] = None,
    sets: Annotated[
        str | None,
        options.learning("Those with any number of labels a cell, a | between them.", "NAME,NAME", TASK, False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="Whose vectors are learnt from.", rich_help_panel=MEASURE,
            show_default="texts: lsa; images: a small cnn learns from pixels",
        ),
    ] = None,
    size: image_options.Size = None,
    k: Annotated[int, typer.Option("-k", metavar="N", help="Networks at most.", rich_help_panel=MEASURE)] = 2,
    every: Annotated[int, options.learning("Look ahead every so many steps.", panel=MEASURE)] = 10,
    seeds: Annotated[int, options.learning("Trainings, each from another seed.", panel=MEASURE)] = 3,
    epochs: Annotated[int, options.learning("Passes over the items in a training.", panel=MEASURE)] = 10,
    weights: Annotated[
        Literal["equal", "uncertainty"],
        typer.Option(help="Of the losses; uncertainty learns them.", rich_help_panel=MEASURE),
    ] = "equal",
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm/--no-confirm", help="Train each alone, all together, and the groups.", rich_help_panel=MEASURE
        ),
    ] = True,
    seed: Annotated[int, options.learning("Of the first training.", panel=MEASURE)] = 0,
    threads: options.Threads = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A page with the heat map.", rich_help_panel=OUT, show_default=False
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier page.", rich_help_panel=OUT)
    ] = False,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Which tasks help each other, and which should share a network?

    Several label columns of the same items are learnt by one network; how much a step for one helps the others is
    its affinity, from which the best groups follow. It is a screen: the groups are then trained and their losses
    compared.
    """
    from likewise import probing
    from likewise import tasks as family

    if output is not None:
        refuse_output(output, overwrite=overwrite, is_folder=False)
    elif overwrite:
        raise OptionError("--overwrite is of the page of --output: name one, or leave it out")
    names = _names(tasks, numbers, sets)
    _check(len(names), k, seeds, confirm=confirm)
    training = family.TrainingConfig(epochs=epochs, weights=weights)
    with Bar() as bar:
        items, labels = _read(labelled, names, text, image, folder, size, model, seed, threads, bar)
        own = _of_kind(labels, _part(numbers), _part(sets))
        call: dict[str, Any] = {"training": training, "threads": threads, "report": bar}
        found = family.affinity(items, own, every=every, seeds=seeds, seed=seed, **call)
        grouping = probing.group(found.matrix, found.tasks, k)
        confirmation = None
        if confirm:
            plan = {"groups": grouping}
            confirmation = probing.confirm(plan, family.trainer(items, own, **call), seeds=seeds, seed=seed)
    if output is not None:
        _write(output, labelled.name, found, grouping, confirmation)
    _show(found, grouping, confirmation, as_json)


def _names(tasks: str, numbers: str | None, sets: str | None) -> list[str]:
    names = _part(tasks)
    for option, part in (("--numbers", _part(numbers)), ("--sets", _part(sets))):
        other = next((name for name in part if name not in names), None)
        if other is not None:
            raise OptionError(f"{option} names {other!r}, which is none of --tasks: {', '.join(names)}")
    return names


def _part(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _check(n: int, k: int, seeds: int, *, confirm: bool) -> None:
    """What can be checked before any work."""
    if n < 2:
        raise OptionError("--tasks wants two columns or more, with a comma between")
    if not 1 <= k <= n:
        raise OptionError(f"-k is {k}, and there are {n} tasks: give 1 to {n} networks")
    if confirm and seeds < 2:
        raise OptionError("--seeds 1 shows no difference from chance: give 2 or more, or --no-confirm")


def _read(
    labelled: Path, names: list[str], text: str | None, image: str | None, folder: Path | None, size: str | None,
    model: str | None, seed: int, threads: int | None, bar: Bar,
) -> tuple[Any, dict[str, list[object]]]:  # fmt: skip
    """The items as a trunk takes them, and their labels by task."""
    from likewise.data.columns import read

    if image is None:
        for name, given in (("--folder", folder), ("--size", size)):
            if given is not None:
                raise OptionError(f"{name} is of images: name their column with --image, or leave it out")
        column = text or "text"
        found = read(labelled, [column, *names])
        return _vectors([_text(cell) for cell in found.pop(column)], model, seed, threads, bar), found
    if text is not None:
        raise OptionError("--text and --image exclude each other: an item is a text or an image")
    found = read(labelled, [image, *names])
    return _images_of(found.pop(image), found, folder or labelled.parent, size, model, bar)


def _vectors(texts: list[str], model: str | None, seed: int, threads: int | None, bar: Bar) -> Any:
    from likewise import documents
    from likewise.cli.models import open_encoder

    if model is not None:
        return open_encoder(model).encode(texts)
    seen = documents.tfidf(texts, keep=False, threads=threads).sparse(texts).shape
    dim = max(1, min(LSA, min(seen) // 2))
    return documents.lsa(texts, dim=dim, keep=False, seed=seed, threads=threads, report=bar).encode(texts)


def _images_of(
    cells: list[object],
    labels: dict[str, list[object]],
    folder: Path,
    size: str | None,
    model: str | None,
    bar: Bar,
) -> tuple[Any, dict[str, list[object]]]:
    """Images that can be used, or their vectors; labels of others are left out."""
    from likewise.cli.models import open_model

    loaded = None if model is None else open_model(model)
    if loaded is not None and not image_options.is_of_images(loaded):
        raise InputError(f"{model!r} is no model of images, and --image names images: give another")
    if loaded is not None and size is not None:
        raise OptionError("--size is the model's own: leave it out")
    paths = [str(folder / str(cell)) for cell in cells]
    options_of_size = {} if size is None else {"size": image_options.numbers(size, "--size", 2)}
    dataset = image_options.as_drawn(paths, loaded, bar, **options_of_size)
    rows, left = [], iter(enumerate(paths))
    for name in dataset.names:
        rows.append(next(row for row, path in left if path == name))
    items = dataset.pixels if loaded is None else loaded.encode(dataset.pixels)
    return items, {task: [own[row] for row in rows] for task, own in labels.items()}


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _of_kind(labels: dict[str, list[object]], numbers: list[str], sets: list[str]) -> dict[str, list[Any]]:
    """Cells as labels: classes as text, numbers, or lists of what stands between |; None where a cell is empty."""
    found: dict[str, list[Any]] = {}
    for name, cells in labels.items():
        if name in numbers:
            found[name] = [_number(cell, name, row) for row, cell in enumerate(cells, 1)]
        elif name in sets:
            found[name] = [None if _is_empty(cell) else _listed(cell) for cell in cells]
        else:
            found[name] = [None if _is_empty(cell) else str(cell) for cell in cells]
    return found


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _listed(cell: object) -> list[str]:
    if isinstance(cell, list):
        return [str(each) for each in cell]
    return [part.strip() for part in str(cell).split(APART) if part.strip()]


def _number(cell: object, name: str, row: int) -> float | None:
    if _is_empty(cell):
        return None
    try:
        return float(str(cell))
    except ValueError:
        raise InputError(
            f"row {row:,} of {name!r} is {str(cell)[:40]!r}, which is no number: mend it or empty it"
        ) from None


def _write(
    path: Path, name: str, found: Affinity, grouping: Grouping, confirmation: Confirmation | None
) -> None:
    from likewise.report.affinity import confirmed, grouped, helped
    from likewise.report.page import page
    from likewise.system import files

    sections = [helped(found.to_json()), grouped(grouping.to_json())]
    if confirmation is not None:
        sections.append(confirmed(confirmation.to_json()))
    with files.atomic_file(path) as file:
        file.write(
            page("Tasks that help each other", sections, lead=f"The label columns of {name}.").encode()
        )
    show.note(f"the page is in {path}: open it in a browser")


def _show(found: Affinity, grouping: Grouping, confirmation: Confirmation | None, as_json: bool) -> None:
    """Tables for a person; for a program a line for each task, then the groups and the confirmation in the last."""
    if show.is_table_wanted(as_json):
        parts = [str(found), str(grouping), *([str(confirmation)] if confirmation else [])]
        show.text("\n\n".join(parts))
        return
    seen = found.to_json()
    last: dict[str, Any] = {"groups": grouping.to_json(), "notes": seen["notes"]}
    ways: Mapping[str, Any] = {} if confirmation is None else {"confirmation": confirmation.to_json()}
    show.records([*seen["rows"], {**last, **ways}], as_json=True)
