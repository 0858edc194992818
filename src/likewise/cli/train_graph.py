"""`likewise train graph`: trains a model with a vector for each node from edges or triples."""

from __future__ import annotations

import shlex
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.method_options import options_of_method
from likewise.cli.models import open_table
from likewise.cli.options import RUN
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import OptionError

GRAPH = "How the graph is read"
WALKS = "Walks (deepwalk, node2vec, rdf2vec)"
SMOOTHED = "Features (propagate)"
TRIPLES = "Triples (transe, distmult, complex, rotate)"
METHODS = (
    "spectral",
    "propagate",
    "deepwalk",
    "node2vec",
    "rdf2vec",
    "transe",
    "distmult",
    "complex",
    "rotate",
)
TUNED = ("learning_rate", "racing")  # options of walks that are in `Tuning`
EXAMPLES = (
    "likewise train graph edges.tsv -o g --dim 4",
    "likewise train graph edges.tsv -o n2v --method node2vec --dim 8 --q 2 --seed 1",
    "likewise train graph triples.tsv -o kg --method complex --dim 8 --epochs 5",
)


def graph(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="Edge lists, JSON lines, Parquet, RDF (N-Triples, Turtle, N-Quads, RDF/XML) or .mat, also compressed; "
            "- is standard input.",
        ),
    ],
    output: options.NewModel,
    method: Annotated[
        Literal[
            "spectral",
            "deepwalk",
            "node2vec",
            "rdf2vec",
            "transe",
            "distmult",
            "complex",
            "rotate",
            "propagate",
        ],
        typer.Option(
            help="spectral: matrix factorisation; deepwalk, node2vec, rdf2vec: skip-gram over random walks; "
            "transe, distmult, complex, rotate: link prediction from triples; propagate: smoothed features."
        ),
    ] = "spectral",
    dim: Annotated[int | None, options.learning(options.DIM, default="128, triples: 200")] = None,
    window: Annotated[
        int | None, options.learning("Context size in steps of a walk.", default="10, rdf2vec: 5")
    ] = None,
    epochs: Annotated[int | None, options.learning("Passes.", default="walks: 1, triples: 30")] = None,
    negatives: Annotated[
        int | None,
        options.learning(
            "Negative samples for each pair; for triples, for each batch.", default="5, triples: all"
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, options.learning("First learning rate.", "X", default="walks: 0.025, triples: 0.1")
    ] = None,
    length: Annotated[
        int | None, options.learning("Nodes in a walk.", panel=WALKS, default="80, rdf2vec: 8")
    ] = None,
    per_node: Annotated[
        int | None,
        options.learning("Walks from each node, in an epoch.", panel=WALKS, default="10, rdf2vec: 100"),
    ] = None,
    p: Annotated[
        float | None,
        options.learning("node2vec: above 1, walks seldom return to the node before.", "X", WALKS, "1"),
    ] = None,
    q: Annotated[
        float | None, options.learning("node2vec: above 1, walks stay near; below, go far.", "X", WALKS, "1")
    ] = None,
    both_ways: Annotated[
        bool | None,
        typer.Option(
            "--both-ways/--forwards",
            help="rdf2vec: also against the edges.",
            show_default="both ways",
            rich_help_panel=WALKS,
        ),
    ] = None,
    regularisation: Annotated[
        float | None,
        options.learning("Weight of the N3 penalty.", "X", TRIPLES, "0.05, distances: 0"),
    ] = None,
    batch_size: Annotated[
        int | None, options.learning("Queries of a training step.", panel=TRIPLES, default="500")
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="propagate: vectors by the ids of nodes.", rich_help_panel=SMOOTHED
        ),
    ] = None,
    steps: Annotated[
        int | None, options.learning("propagate: number of steps.", panel=SMOOTHED, default="2")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="By header, or by number from 0.",
            show_default="found",
            rich_help_panel=GRAPH,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="As --source.", show_default="found", rich_help_panel=GRAPH),
    ] = None,
    relation: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="As --source.", show_default="found", rich_help_panel=GRAPH),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="As --source.", show_default="found", rich_help_panel=GRAPH),
    ] = None,
    directed: Annotated[
        bool | None,
        typer.Option(
            "--directed/--undirected",
            help="Whether edges have a direction.",
            show_default="with relations, yes",
            rich_help_panel=GRAPH,
        ),
    ] = None,
    nodes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A row a node: id, label, type, aliases.", rich_help_panel=GRAPH),
    ] = None,
    skip_bad: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write lines that cannot be read to this file, and continue.",
            rich_help_panel=GRAPH,
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Of the labels in RDF.", rich_help_panel=GRAPH)
    ] = "en",
    construct: Annotated[
        str | None,
        typer.Option(
            metavar="QUERY", help="A SPARQL CONSTRUCT; its result is read instead.", rich_help_panel=GRAPH
        ),
    ] = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    racing: Annotated[
        bool,
        typer.Option("--racing", help="Walks: faster, but not reproducible.", rich_help_panel=RUN),
    ] = False,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[
        float | None, options.learning(options.CHECKPOINT_SECONDS, "S", RUN, default="300.0")
    ] = None,
) -> None:
    """Train a vector for each node of a graph.

    Options are listed under the methods that take them; with another method they are an error.
    """
    from likewise import graphs as family
    from likewise.words import Tuning

    given = options_of_method(
        method, _options_by_method(), dim=dim, seed=seed, features=features, steps=steps,
        window=window, epochs=epochs, negatives=negatives, learning_rate=learning_rate, length=length,
        per_node=per_node, p=p, q=q, both_ways=both_ways, regularisation=regularisation, batch_size=batch_size,
        racing=racing or None, resume=resume or None, checkpoint_seconds=checkpoint_seconds,
    )  # fmt: skip
    if method in ("deepwalk", "node2vec", "rdf2vec"):
        tuned = {name: given.pop(name) for name in TUNED if name in given}
        given["tuning"] = Tuning(**tuned)
    reading = family.Reading(
        source=_column(source), target=_column(target), relation=_column(relation), weight=_column(weight),
        directed=directed, nodes=nodes, skip_bad=skip_bad, language=language or None, construct=construct,
    )  # fmt: skip
    if method == "propagate":
        if features is None:
            raise OptionError(
                "propagate needs features of nodes: give --features, a model with vectors by their ids"
            )
        given["features"] = open_table(features, "train graph --features")
    with Bar() as bar:
        model = getattr(family, method)(
            inputs, **given, threads=threads, reading=reading, out=output, overwrite=overwrite, report=bar
        )
    _report(output, model)


def _options_by_method() -> dict[str, tuple[str, ...]]:
    """The options of each method: its parameters in the library, and those of `Tuning`."""
    from likewise import graphs as family

    found = {method: tuple(signature(getattr(family, method)).parameters) for method in METHODS}
    return {method: (*names, *TUNED) if "tuning" in names else names for method, names in found.items()}


def _column(text: str | None) -> str | int | None:
    """A column by its header, or by its number."""
    return int(text) if text is not None and text.isdecimal() else text


def _report(output: Path, model: Any) -> None:
    """Report where the model is, what was read, and a next command."""
    note(f"read: {model.graph.reading}")
    first = model.keys[int(model.graph.degrees.argmax())]
    follow = shlex.join(["likewise", "similar", str(output), first])
    note(f"the model is in {output}: {len(model):,} nodes, {model.dim} dimensions; next: {follow}")
