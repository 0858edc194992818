from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from program import LIKEWISE

from likewise._version import __version__
from likewise.artifacts import artifact
from likewise.cli import main
from likewise.cli import similar as ask
from likewise.cli.main import with_typed_options
from likewise.errors import Stopped
from likewise.table import Table

Run = Callable[..., tuple[int, str, str]]


def one_line(err: str) -> str:
    """The error, which must be the last line and the only one of its kind, with no traceback."""
    assert "Traceback" not in err
    assert err.count("likewise: ") == 1
    assert err.endswith("\n")
    return err.splitlines()[-1]


def test_version(here: Run) -> None:
    assert here("--version") == (0, f"likewise {__version__}\n", "")


def test_help_loads_no_heavy_package_and_is_quick() -> None:
    program = (
        "import sys\nfrom likewise.cli.main import main\nassert main(['--help']) == 0\n"
        "print(sorted({'numba', 'scipy', 'pyarrow', 'sklearn', 'numpy', 'rich'} & sys.modules.keys()), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"
    took = []
    for _ in range(5):
        start = time.monotonic()
        subprocess.run([*LIKEWISE, "--help"], capture_output=True, check=True)
        took.append(time.monotonic() - start)
    assert min(took) < 0.5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["simlar", "m", "king"], "'similar'"),
        (["train", "wrods", "corpus.txt"], "'words'"),
        (["similar", "m", "king", "--jsn"], "'--json'"),
        (["train", "words", "corpus.txt", "-o", "m", "--epoch", "5"], "'--epochs'"),
        (["--verson"], "'--version'"),
        (["train", "words", "corpus.txt", "-o", "m", "--method", "skip"], "skipgram"),
        (["train", "words", "corpus.txt", "-o", "m", "--dim", "many"], "--dim"),
        (["train", "words", "corpus.txt"], "Missing option"),
        (["similar", "m"], "Missing argument"),
    ],
)
def test_wrong_usage_is_exit_2_and_names_what_was_meant(
    here: Run, arguments: list[str], expected: str
) -> None:
    code, out, err = here(*arguments)
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err


def test_arguments_may_stand_in_any_order(here: Run, model: Path) -> None:
    first = here("similar", model, "king", "-k", 3, "--json")
    assert first == here("similar", "--json", "-k", 3, model, "king")
    assert len(first[1].splitlines()) == 3


def test_an_error_is_one_line_and_debug_shows_where(here: Run, model: Path) -> None:
    code, out, err = here("similar", model, "kng")
    assert (code, out) == (1, "")
    assert "'kng'" in one_line(err)
    assert "'king'" in err
    for arguments in (["--debug", "similar", model, "kng"], ["similar", model, "kng", "--debug"]):
        code, out, err = here(*arguments)
        assert code == 1
        assert "Traceback" in err
        assert "UnknownKey" in err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (MemoryError(), 1, "likewise: there is not enough memory"),
        (PermissionError(13, "Permission denied", "secret"), 1, "likewise: secret: Permission denied"),
        (OSError(5, "Input/output error"), 1, "likewise: Input/output error"),
        (Stopped("stopped at training", 143), 143, "likewise: stopped at training"),
        (RuntimeError("a\nb"), 1, "likewise: RuntimeError: a\\nb (a bug in likewise"),
        (KeyboardInterrupt(), 130, "likewise: interrupted"),
    ],
)
def test_what_becomes_of_errors(
    here: Run, model: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail(name: str) -> Table:
        raise error

    monkeypatch.setattr(ask, "open_model", fail)
    ended = here("similar", model, "king")
    assert ended[0] == code
    assert ended[2].startswith(line)
    assert len(ended[2].splitlines()) <= 1


def test_messages_of_the_library_name_options_as_they_are_typed() -> None:
    said = (
        "f: byte 3 is not UTF-8; try errors='replace', or encoding=\"latin-1\"; overwrite=True; use column="
    )
    typed = "f: byte 3 is not UTF-8; try --errors replace, or --encoding latin-1; --overwrite; use --column"
    assert with_typed_options(said) == typed
    assert with_typed_options("min_count must be at least 1") == "--min-count must be at least 1"
    assert with_typed_options("no file 'min_count'") == "no file 'min_count'"


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    keys = [f"key{n:05}" for n in range(20000)]
    vectors = np.random.default_rng(1).standard_normal((len(keys), 4))
    artifact.save(Table(keys, vectors), tmp_path / "m")
    pipe = f'"$@" similar {tmp_path / "m"} key00001 -k 19999 | head -1; exit "${{PIPESTATUS[0]}}"'
    ended = subprocess.run(
        ["bash", "-c", pipe, "bash", *LIKEWISE], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode in (0, 141)
    assert ended.stderr == ""
    assert json.loads(ended.stdout)["key"].startswith("key")


def test_main_leaves_an_exit_code_for_every_command() -> None:
    assert main.main(["train"]) == 2  # a group alone shows its help
