"""`likewise`: the commands, and how errors end them: one line and an exit code.

Exit codes: 0 done, 1 an error of the user, 2 wrong usage, 128 + n ended by signal n.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer
from typer.main import get_command

from likewise._version import __version__
from likewise.cli import (
    affinity,
    align,
    compare,
    convert,
    distil,
    encode,
    evaluate,
    links,
    output,
    recommend,
    senses,
    similar,
    tour,
    train,
)  # fmt: skip
from likewise.cli.help import Sectioned, TrainFirst, examples
from likewise.errors import LikewiseError, Stopped

INTERRUPTED = 130  # 128 + SIGINT

app = typer.Typer(
    cls=TrainFirst,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog=examples(
        "likewise train words corpus.txt -o m",
        "likewise similar m king",
    ),
)
app.add_typer(train.app, name="train")

EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    similar.similar: (
        "likewise similar m king -k 5",
        "likewise similar m king --json",
        "likewise similar reviews-lsa 'the queen and the king'",
        "likewise similar photos-cnn photos/red/2.png -k 3 -o near.html",
        "echo king | likewise similar m -",
    ),
    similar.analogy: (
        "likewise analogy m man king woman",
        "likewise analogy m man king woman --method multiply -k 3",
    ),
    links.links: (
        "likewise links kg king 'lives in' '?'",
        "likewise links kg '?' 'lives in' palace -k 3",
    ),
    links.resolve: ("likewise resolve kg king", "likewise resolve kg king --context queen --context palace"),
    recommend.recommend: (
        "likewise recommend taste ann -k 5",
        "likewise recommend taste --history tea,milk",
        "likewise recommend taste --all -k 20 -o recommended.csv",
    ),
    senses.senses: (
        "likewise senses context king",
        "likewise senses context king --in 'the king and the queen' -k 2",
    ),
    senses.fill: ("likewise fill context 'the [MASK] and the queen' -k 3",),
    evaluate.evaluate: (
        "likewise evaluate m wordsim353",
        "likewise evaluate m pairs.tsv analogies.txt --restrict 30000 --json",
        "likewise evaluate seed1 seed2 pairs.tsv",
        "likewise evaluate sif sentences.tsv",
        "likewise evaluate photos-cnn photos",
        "likewise evaluate kg --test triples.tsv",
        "likewise evaluate judged --test held.csv",
    ),
    compare.compare: (
        "likewise compare labelled.csv lsa sif",
        "likewise compare labelled.csv reviews-lsa sif --raw words --folds 3 -o compared",
        "likewise compare photos photos-cnn --budgets none",
    ),
    align.align: ("likewise align seed1 seed2 -o aligned", "likewise align seed1 seed2 --method ridge"),
    affinity.affinity: (
        "likewise affinity labelled.csv --tasks topic,stars,author -k 2 -o affinity.html",
        "likewise affinity labelled.csv --tasks topic,stars --numbers stars --no-confirm --seeds 1",
    ),
    encode.encode: (
        "likewise encode m words.txt -o vectors.npy",
        "likewise encode reviews-lsa reviews.jsonl --field text -o reviews.parquet",
        "likewise encode photos-cnn photos -o photos.parquet",
        "echo king | likewise encode m - -o king.jsonl",
    ),
    distil.distil: (
        "likewise distil reviews-lsa reviews.jsonl --field text -o static --dim 8",
        "likewise similar static king",
    ),
    convert.convert: (
        "likewise convert m vectors.txt",
        "likewise convert vectors.txt vectors.parquet",
        "likewise convert vectors.txt m2 --duplicates first",
    ),
    convert.info: ("likewise info m", "likewise info m --verify"),
    train.update: ("likewise update m more.txt -o m-updated",),
    tour.tour: ("likewise tour -o story --quick",),
}
for command, lines in EXAMPLES.items():
    app.command(cls=Sectioned, epilog=examples(*lines))(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"likewise {__version__}")
        raise typer.Exit


@app.callback()
def likewise(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an error arose.")] = False,
) -> None:
    """Vectors for anything you have, trained on your own data, on your own machine."""


def run() -> None:
    """The program `likewise`."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run the command that the arguments name; the exit code."""
    output.prepare()
    arguments, is_debugging = _without_debug(arguments)
    try:
        code = _carry_out(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        output.silence()
        return output.READER_GONE
    except KeyboardInterrupt:
        output.note("likewise: interrupted")
        return INTERRUPTED
    except Exception as error:
        if is_debugging:
            traceback.print_exc()
        output.note(f"likewise: {error_line(error)}")
        return error.code if isinstance(error, Stopped) else 1
    finally:
        output.keep_terminal_as_it_is()
    return code


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """The arguments but for --debug, which may stand anywhere before a bare "--"."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = arguments[:end]
    return [each for each in options if each != "--debug"] + arguments[end:], "--debug" in options


def _carry_out(arguments: list[str]) -> int:
    try:
        get_command(app)(arguments, prog_name="likewise")
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # how Typer ends on Ctrl-C, silently
            output.note("likewise: interrupted")
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def error_line(error: Exception) -> str:
    """An error as one line."""
    if isinstance(error, LikewiseError):
        return with_typed_options(str(error))
    if isinstance(error, MemoryError):
        return "there is not enough memory: try a smaller --dim or a higher --min-count"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    return f"{type(error).__name__}: {error} (a bug in likewise; --debug shows where)"


ARGUMENT = re.compile(r"""\b([a-z_]+)=(?:'([^']*)'|"([^"]*)"|True\b|(?=\s|$))""")
NAME = re.compile(
    r"""(?<!['"/\\.\w-])(min_count|train_words|min_df|max_df|max_features|max_norm|max_vocabulary|phrase_threshold|checkpoint_seconds)\b"""
)


def with_typed_options(message: str) -> str:
    """A message of the library with its options as a command line has them: min_count as --min-count."""

    def option(found: re.Match[str]) -> str:
        value = found[2] or found[3]
        return f"--{found[1].replace('_', '-')}" + (f" {value}" if value else "")

    return NAME.sub(lambda found: f"--{found[1].replace('_', '-')}", ARGUMENT.sub(option, message))
