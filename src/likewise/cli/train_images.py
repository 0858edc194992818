"""`likewise train images`: trains a network on images, which then encodes any image."""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from likewise.cli import image_options, options
from likewise.cli.method_options import options_of_method
from likewise.cli.models import open_model, refuse_output
from likewise.cli.options import LEARNING, RUN
from likewise.cli.output import note
from likewise.cli.progress import Bar

NETWORK = "The network"
COMMON = (
    "objective", "teacher", "dim", "pool", "patch", "epochs", "hours", "batch_size", "learning_rate", "seed", "resume",
    "checkpoint_seconds",
)  # fmt: skip
TAKES: dict[str, tuple[str, ...]] = {"cnn": (*COMMON, "start"), "vit": (*COMMON, "layers", "stem")}
EXAMPLES = (
    "likewise train images photos -o photos-cnn --epochs 2 --dim 16 --seed 1",
    "likewise train images photos -o photos-vit --method vit --objective contrast --epochs 1",
    "likewise train images photos -o kinds --labels labels.csv --label-column kind --epochs 1",
)


def images(
    inputs: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A folder of images; a CSV, TSV or Parquet file of paths or images; .npy, .npz or IDX.",
        ),
    ],
    output: options.NewModel,
    method: Annotated[
        Literal["cnn", "vit"],
        typer.Option(
            help="A convolutional network that pools step by step, or a vision transformer.", rich_help_panel=NETWORK
        ),
    ] = "cnn",
    objective: Annotated[
        Literal["classify", "prototypes", "contrast", "masked", "distil"] | None,
        typer.Option(
            help="Predict the class, by a layer or by a vector of each; find another view of the same image; predict "
            "hidden patches (vit); or imitate a --teacher.",
            show_default="with labels classify, else contrast",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    labels: image_options.Labels = None,
    label_column: image_options.LabelColumn = None,
    teacher: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="distil: the model of images to imitate.", rich_help_panel=LEARNING),
    ] = None,
    dim: Annotated[int | None, options.learning(options.DIM, panel=NETWORK, default="cnn: 256, vit: 128")] = None,
    layers: Annotated[int | None, options.learning("vit: layers.", panel=NETWORK, default="4")] = None,
    pool: Annotated[
        Literal["class", "mean", "max", "attention"] | None,
        typer.Option(
            help="How one vector is made of many.", show_default="cnn: mean, vit: class", rich_help_panel=NETWORK
        ),
    ] = None,
    patch: Annotated[
        int | None, options.learning("The side of a patch, in pixels.", panel=NETWORK, default="by the size")
    ] = None,
    stem: Annotated[
        Literal["conv", "linear"] | None,
        typer.Option(
            help="vit: patches by a few small convolutions, or by one layer.", show_default="conv, masked: linear",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    start: Annotated[
        Literal["whitened", "dirac"] | None,
        typer.Option(
            help="cnn: the first filters whiten patches, or let pixels through.", show_default="whitened",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    epochs: Annotated[
        int | None, options.learning("Passes over the images.", default="classify: 12, contrast: 60 …")
    ] = None,
    hours: Annotated[float | None, options.learning("A budget of time in place of --epochs.", "H")] = None,
    batch_size: Annotated[int | None, options.learning("Images of a training step.", default="128")] = None,
    learning_rate: Annotated[
        float | None, options.learning("Highest learning rate.", "X", default="cnn: 0.02, vit: 0.003")
    ] = None,
    size: image_options.Size = None,
    channels: image_options.Channels = None,
    fit: image_options.Fit = "pad",
    ground: image_options.Ground = "255,255,255",
    column: image_options.PathColumn = None,
    strict: image_options.Strict = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--no-keep", help="Keep the images' vectors and names, for `similar`.", rich_help_panel=RUN
        ),
    ] = True,
    seed: options.Seed = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Without it, all cores. At the same number, the same bits.", rich_help_panel=RUN
        ),
    ] = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[
        float | None, options.learning(options.CHECKPOINT_SECONDS, "S", RUN, default="300.0")
    ] = None,
) -> None:  # fmt: skip
    """Train a model with a vector for each image, and for any new one.

    Images are read once, each resized to one size. What cannot be read is skipped, counted and named.
    """
    from likewise import images as family
    from likewise.images._training import usual_channels

    chosen = options_of_method(
        method,
        TAKES,
        objective=objective,
        teacher=teacher,
        dim=dim,
        pool=pool,
        patch=patch,
        epochs=epochs,
        hours=hours,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        resume=resume or None,
        checkpoint_seconds=checkpoint_seconds,
        start=start,
        layers=layers,
        stem=stem,
    )
    if not resume:
        refuse_output(output, overwrite=overwrite, is_folder=True)
    import_module("likewise.neural")  # without torch it says how to get it, before anything is read
    if teacher is not None:
        chosen["teacher"] = open_model(teacher)
    with Bar() as bar:
        dataset = image_options.dataset(
            inputs,
            bar,
            size=size and image_options.numbers(size, "--size", 2),
            channels=channels or usual_channels(inputs),
            fit=fit,
            ground=image_options.numbers(ground, "--ground", 3),
            labels=labels,
            label_column=label_column,
            column=column,
            strict=strict,
            threads=threads,
        )
        note(str(dataset))
        model = getattr(family, method)(
            dataset, **chosen, keep=keep, threads=threads, out=output, overwrite=overwrite, report=bar
        )
    _report(output, model, dataset.names[0], inputs, keep)


def _report(output: Path, model: Any, first: str, inputs: Path, keep: bool) -> None:
    """Where the model is, how an image goes through it, and what to type next."""
    path = " → ".join("1" if size == (1, 1) else f"{size[0]}×{size[1]}" for size in model.sizes)
    example = inputs / first if inputs.is_dir() else inputs
    follow = (
        ["similar", str(output), str(example)] if keep and inputs.is_dir()
        else ["encode", str(output), str(inputs), "-o", "v.npy"]
    )  # fmt: skip
    note(
        f"the model is in {output}: {path}, {model.dim:,} numbers; next: {shlex.join(['likewise', *follow])}"
    )
