from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import LIKEWISE

from likewise.artifacts import artifact
from likewise.cli import output as show
from likewise.table import Table

Run = Callable[..., tuple[int, str, str]]
HOSTILE = [
    "\x1b[31mred",
    "right\u202eleft",
    "zero\u200bwidth",
    "bell\a",
    "c1\x9b2J",
    "[bold]mark[/bold]",
    ":smile:",
    "été",
    "食べる",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "m"
    keys = ["asked", *HOSTILE]
    artifact.save(Table(keys, np.random.default_rng(1).standard_normal((len(keys), 4))), folder)
    return folder


def on_terminal(*arguments: object, width: int = 100, **environment: str) -> str:
    """What a terminal is sent."""
    program, *first = LIKEWISE
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    spawned = pexpect.spawn(
        program,
        [*first, *map(str, arguments)],
        env={**inherited, "TERM": "xterm", **environment},
        dimensions=(24, width),
        timeout=60,
    )
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == 0, spawned.before
    return spawned.before.decode()


@given(st.text())
def test_escaped_text_is_one_printable_line(text: str) -> None:
    shown = show.escaped(text)
    assert all(c.isprintable() for c in shown)
    if text.isprintable() and not show.INVISIBLE.search(text):
        assert shown == text


@given(st.text(), st.sampled_from(["utf-8", "ascii"]))
def test_json_lines_are_exact_and_hold_nothing_that_moves_a_terminal(key: str, encoding: str) -> None:
    before, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    try:
        line = show.json_line({"key": key})
    finally:
        sys.stdout = before
    assert json.loads(line) == {"key": key}
    assert line[:-1].isprintable()
    assert line.count("\n") == 1
    assert encoding == "utf-8" or line.isascii()


def test_a_pipe_gets_every_key_exactly(here: Run, hostile: Path) -> None:
    code, out, _ = here("similar", hostile, "asked")
    assert code == 0
    assert {json.loads(line)["key"] for line in out.splitlines()} == set(HOSTILE)


def test_a_terminal_gets_a_table_with_nothing_to_obey(hostile: Path) -> None:
    shown = on_terminal("similar", hostile, "asked", NO_COLOR="1", TERM="dumb")
    for escape in ("\\x1b[31mred", "right\\u202eleft", "zero\\u200bwidth", "bell\\x07", "c1\\x9b2J"):
        assert escape in shown
    assert "[bold]mark[/bold]" in shown
    assert ":smile:" in shown
    assert "été" in shown
    assert "食べる" in shown
    assert all(c.isprintable() or c in "\r\n" for c in shown)
    assert "{" not in shown


def test_colours_are_left_out_where_they_are_not_wanted(hostile: Path) -> None:
    assert "\x1b[" in on_terminal("similar", hostile, "asked")
    assert "\x1b" not in on_terminal("similar", hostile, "asked", TERM="dumb")
    without = on_terminal("similar", hostile, "asked", NO_COLOR="1")
    assert re.search(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7])", without) is None


def test_a_narrow_terminal_loses_nothing(model: Path) -> None:
    shown = on_terminal("info", model, width=40, TERM="dumb")
    assert all(len(line) <= 40 for line in shown.splitlines())
    values = "".join(line[shown.index("value") :].strip() for line in shown.splitlines())
    assert artifact.info(model)["digest"] in values


def test_json_may_be_asked_for_on_a_terminal(hostile: Path) -> None:
    lines = on_terminal("similar", hostile, "asked", "--json").splitlines()
    assert {json.loads(line)["key"] for line in lines} == set(HOSTILE)
    assert all(line.isprintable() for line in lines)


def test_ascii_is_enough(child: Run, hostile: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    code, out, err = child("similar", hostile, "asked", **plain)
    assert (code, err) == (0, "")
    assert out.isascii()
    assert {json.loads(line)["key"] for line in out.splitlines()} == set(HOSTILE)
    shown = on_terminal("similar", hostile, "asked", **plain, TERM="dumb")
    assert shown.isascii()
    assert "\\xe9t\\xe9" in shown
    assert child("similar", hostile, "étè", **plain)[0] == 1


def test_a_table_without_rows_and_numbers_in_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    show.records([], as_json=False)
    show.records([{"n": 1234567, "x": 0.25, "s": None, "b": True}], as_json=False)
    assert "1,234,567" in shown.getvalue()
    assert "0.2500" in shown.getvalue()
    assert "True" in shown.getvalue()
