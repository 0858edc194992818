"""`likewise evaluate`: are the vectors any good, and better than simple answers?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import evaluate_senses as judge_senses
from likewise.cli import image_options, options
from likewise.cli import images as of_images
from likewise.cli.evaluate_nodes import evaluate_links
from likewise.cli.images import is_one
from likewise.cli.models import as_table, is_folder, is_model, mean_of_word_vectors, open_model
from likewise.cli.output import is_table_wanted, note, records, text
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.evaluate import Report, WordSet
    from likewise.evaluate.rows import Options
    from likewise.evaluate.sentences import SentencePairs


def evaluate(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... [SET]",
            help="Models, then sets: files of word pairs, analogies, categories or odd words, or of sentence pairs; or "
            "the standard wordsim353, simlex999, google-analogies, stsbenchmark; or a folder of usages of words with "
            "their meanings, as CoarseWSD-20 and WiC are. After models of images, a folder or file of labelled "
            "images.",
        ),
    ],
    test: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Of models of nodes or users: held-out links or interactions, in place of a SET.",
            show_default=False,
        ),
    ] = None,
    labels: image_options.Labels = None,
    label_column: image_options.LabelColumn = None,
    restrict: Annotated[
        int | None,
        typer.Option(metavar="N", help="Analogies: only among the N most frequent words; papers differ."),
    ] = None,
    method: Annotated[
        Literal["add", "multiply"], typer.Option(help="Analogies: 3CosAdd or 3CosMul.")
    ] = "add",
    baselines: Annotated[
        bool, typer.Option("--baselines/--no-baselines", help="Also measure the baselines of each score.")
    ] = True,
    seed: Annotated[int, typer.Option(metavar="N", help="Of random baselines and intervals.")] = 0,
    as_json: options.AsJson = False,
) -> None:
    """Scores on sets of words or sentences, on held-out links, or on labelled images, with baselines.

    Sentences need an encoder of texts: of word vectors the mean is taken. Several models, trained with different
    seeds, give means and how much they spread.
    """
    from likewise.evaluate.report import mean_of
    from likewise.evaluate.rows import Options
    from likewise.system.seeds import checked

    if is_one(given[0]):
        if test is not None or restrict is not None:
            raise OptionError(f"{given[0]!r} is a model of images: leave out --test and --restrict")
        report = of_images.judged(
            given, labels=labels, label_column=label_column, baselines=baselines, seed=checked(seed)
        )
    elif labels is not None or label_column is not None:
        raise OptionError(
            f"--labels and --label-column are of images, and {given[0]!r} is no model of images"
        )
    elif test is not None:
        report = evaluate_links(given, test, checked(seed))
    else:
        models, sets = _models_and_sets(given)
        loaded = [_set(one) for one in sets]
        options = Options(restrict, method, baselines and len(models) == 1, checked(seed))
        reports = [_report(open_model(model), model, loaded, options) for model in models]
        report = reports[0] if len(reports) == 1 else mean_of(reports)
    if is_table_wanted(as_json):
        text(str(report))
        return
    records(report.to_json(), as_json=True)
    for warning in report.warnings:
        note(f"warning: {warning}")


def _set(given: str) -> WordSet | SentencePairs | judge_senses.SenseSet:
    from likewise.evaluate import load, sentences

    if judge_senses.is_senses(given):
        return judge_senses.load(given)
    return sentences.load(given) if sentences.is_pairs(given) else load(given)


def _report(model: Any, name: str, sets: list[Any], options: Options) -> Report:
    """The rows of one model on all sets: sentences by a model of texts, words by a table, usages by what reads them."""
    from likewise.evaluate import sentences
    from likewise.evaluate.report import Report
    from likewise.evaluate.rows import measured
    from likewise.table import Table

    rows = []
    for one in sets:
        if isinstance(one, judge_senses.SenseSet):
            rows += judge_senses.rows_of(model, name, one)
        elif isinstance(one, sentences.SentencePairs):
            encoder = mean_of_word_vectors(model) if isinstance(model, Table) else model
            simple = {"bag of words": _bag_of_words(one)} if options.baselines else {}
            rows += sentences.measured(
                getattr(encoder, "sparse", encoder.encode), one, baselines=simple, seed=options.seed
            )
        else:
            rows += measured(as_table(model, name, "evaluate"), one, options)
    return Report(tuple(rows))


def _bag_of_words(pairs: SentencePairs) -> Callable[[Sequence[str]], Any]:
    from likewise import documents

    return documents.bag_of_words([*pairs.left, *pairs.right], keep=False).sparse


def _models_and_sets(given: list[str]) -> tuple[list[str], list[str]]:
    """Models and sets, each in the order given; the first argument is a model whatever it is called."""
    from likewise.cli.evaluate_senses import is_senses
    from likewise.evaluate.sentences import is_pairs

    is_set = [
        place > 0 and (not is_model(name) or (is_folder(Path(name)) and (is_pairs(name) or is_senses(name))))
        for place, name in enumerate(given)
    ]
    models = [name for name, chosen in zip(given, is_set, strict=True) if not chosen]
    sets = [name for name, chosen in zip(given, is_set, strict=True) if chosen]
    if not sets:
        raise InputError(
            f"{given[-1]!r} is a model, and there is no set to measure it with: name a file or wordsim353"
        )
    return models, sets
