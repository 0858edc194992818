"""`import likewise` is quick and light, and what it offers is there when asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import likewise

HEAVY = ("numba", "scipy", "pyarrow", "sklearn", "typer", "rich", "torch", "tokenizers")
SECONDS = 0.5

LOADED = """
import json, sys, time
start = time.perf_counter()
import likewise
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted(sys.modules)]))
"""
RESOLVED = """
import warnings
warnings.simplefilter("error")
import likewise
print(*(name for name in likewise.__all__ if getattr(likewise, name) is not None))
"""


def in_a_fresh_process(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_is_quick_and_loads_no_heavy_package() -> None:
    tries = [json.loads(in_a_fresh_process(LOADED)) for _ in range(5)]
    assert {name.partition(".")[0] for name in tries[0][1]} & set(HEAVY) == set()
    assert min(seconds for seconds, _ in tries) < SECONDS


def test_every_name_it_offers_is_there() -> None:
    assert in_a_fresh_process(RESOLVED).split() == likewise.__all__
    assert set(likewise.__all__) <= set(dir(likewise))


def test_a_table_alone_loads_no_compiler_and_no_command_line() -> None:
    code = "import sys; from likewise import Table; print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in in_a_fresh_process(code).split()}
    assert loaded & {"numba", "scipy", "pyarrow", "sklearn", "typer", "rich"} == set()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'likewise' has no attribute 'wrods'"):
        likewise.wrods  # noqa: B018


def test_the_version_is_the_installed_ones() -> None:
    from importlib.metadata import version

    assert likewise.__version__ == version("likewise")
