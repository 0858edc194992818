"""`likewise align`: a space that is the other one turned, on disk before and after."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_cli_output import on_terminal

from likewise.artifacts import artifact
from likewise.table import Table

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((60, 6)).astype(np.float32)
    turned = (vectors @ np.linalg.qr(draw.standard_normal((6, 6)))[0]).astype(np.float32)
    keys = [f"k{i}" for i in range(60)]
    for name, listed, rows in (
        ("a", keys, vectors),
        ("b", keys, turned),
        ("upper", [k.upper() for k in keys], turned),
    ):
        artifact.save(Table(listed, rows), tmp_path / name)
    artifact.save(Table(keys, turned[:, :4]), tmp_path / "narrow")
    (tmp_path / "pairs.tsv").write_text("".join(f"{key}\t{key.upper()}\n" for key in keys))
    return tmp_path


def test_the_mapped_vectors_are_written_and_match(here: Run, inside: Path) -> None:
    code, out, err = here("align", "a", "b", "-o", "mapped")
    assert code == 0, err
    told = json.loads(out)
    assert told["p@1"] == 1
    assert told["p@1_without"] < 0.5
    assert told["tested"] == 12
    np.testing.assert_allclose(artifact.load("mapped").vectors, artifact.load("b").vectors, atol=1e-4)
    assert here("align", "a", "b", "-o", "mapped")[0] == 1
    assert here("align", "a", "b", "-o", "mapped", "--overwrite")[0] == 0
    assert here("align", "a", "b", "-o", "mapped.txt")[0] == 0
    assert Path("mapped.txt").read_text().startswith("60 6\n")


def test_a_dictionary_and_a_map_to_another_width(here: Run, inside: Path) -> None:
    assert json.loads(here("align", "a", "upper", "--pairs", "pairs.tsv")[1])["p@5"] == 1
    told = json.loads(here("align", "a", "narrow", "--method", "ridge", "--csls")[1])
    assert (told["method"], told["csls"], told["p@1_without"]) == ("ridge", True, None)


def test_a_terminal_gets_a_line(inside: Path) -> None:
    shown = on_terminal("align", "a", "b")
    assert "P@1 1.000" in shown
    assert "without a map" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a", "upper"], ["0 keys in both"]),
        (["a", "narrow"], ["6 and 4", "--method ridge"]),
        (["a", "none"], ["no model 'none'"]),
        (["a", "b", "--pairs", "none.tsv"], ["no file 'none.tsv'"]),
        (["a", "b", "--method", "ridge", "--scale"], ["leave them out"]),
    ],
)
def test_what_cannot_be_aligned_is_one_line(
    here: Run, inside: Path, given: list[str], said: list[str]
) -> None:
    code, out, err = here("align", *given)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1, err
    assert all(each in err for each in said), err
