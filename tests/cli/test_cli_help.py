"""Every help has an example, every example runs, and the page of the documentation is what the commands say."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import sentences
from typer.main import get_command

from data.made_images import photo, written
from likewise.cli.main import app

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]


def command_paths(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    return [path, *(found for name in below for found in command_paths(below[name], (*path, name)))]


PATHS = command_paths(get_command(app))


def examples(help_text: str) -> list[str]:
    return re.findall(r"^ {4}((?:echo \w+ \| )?likewise .*)$", help_text, re.MULTILINE)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_help_has_an_example(here: Run, path: tuple[str, ...]) -> None:
    code, out, err = here(*path, "--help")
    assert (code, err) == (0, "")
    assert examples(out) or path == ("train",)
    assert all(len(line) <= 100 for line in out.splitlines())


def test_every_example_runs(here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.txt").write_text(sentences(100))
    (tmp_path / "more.txt").write_text(sentences(50, seed=2))
    (tmp_path / "articles.txt").write_text(sentences(3000))
    rows = [json.dumps({"text": row}) + "\n" for row in sentences(50).splitlines()]
    (tmp_path / "reviews.jsonl").write_text("".join(rows))
    (tmp_path / "pairs.tsv").write_text("king\tqueen\t9\nking\tbread\t1\nmilk\tbutter\t8\n")
    (tmp_path / "analogies.txt").write_text(": family\nman woman king queen\n")
    (tmp_path / "words.txt").write_text("king\nqueen\n")
    (tmp_path / "sentences.tsv").write_text(
        "sentence1\tsentence2\tscore\nthe king\tthe queen\t4\nthe king\tmilk\t1\nmilk\tbutter\t3\n"
    )
    labelled = [
        f"{row},{('royal', 'food')['bread' in row or 'milk' in row]}\n" for row in sentences(40).splitlines()
    ]
    told = [f"{row.strip()},{'ab'[i % 2]},{i % 3},{'xyz'[i % 3]}\n" for i, row in enumerate(labelled)]
    (tmp_path / "labelled.csv").write_text("text,label,topic,stars,author\n" + "".join(told))
    names = ("king", "queen", "palace", "bread", "milk", "butter")
    edges = [(a, b) for i, a in enumerate(names) for b in names[:i]]
    (tmp_path / "edges.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in edges))
    lives = "".join(f"{name}\tlives in\tpalace\n" for name in ("king", "queen"))
    (tmp_path / "triples.tsv").write_text("".join(f"{a}\tnear\t{b}\n" for a, b in edges) + lives)
    people = (("ann", "tea milk bread"), ("bob", "tea milk"), ("cid", "bread tea"), ("eve", "milk bread"))
    chosen = [
        f"{who},{what},{len(what)},{n}\n" for n, (who, all_) in enumerate(people) for what in all_.split()
    ]
    (tmp_path / "log.csv").write_text("user,item,stars,when\n" + "".join(chosen))
    photos(tmp_path)
    (tmp_path / "items.csv").write_text("item,kind\ntea,drink\nmilk,drink\nbread,food\n")
    for seed in (1, 2):
        here("train", "words", "corpus.txt", "-o", f"seed{seed}", "--seed", seed, "--dim", 4)
    texts = [here(*path, "--help")[1] for path in sorted(PATHS, key=lambda path: path[:1] != ("train",))]
    lines = dict.fromkeys(line for text in texts for line in examples(text))
    ran = [line for line in lines if run_line(line, here, monkeypatch)]
    assert len(ran) >= 35


def photos(folder: Path) -> None:
    """Images of two colours in a folder each, and a sheet with another label of each."""
    rows = ["path,kind\n"]
    for i in range(12):
        colour = ("red", "blue")[i % 2]
        pixels = photo(12, 12, i)
        pixels[..., i % 2 * 2] = 255
        written(pixels, folder / "photos" / colour / f"{i}.png")
        rows.append(f"{colour}/{i}.png,{'early' if i < 6 else 'late'}\n")
    (folder / "labels.csv").write_text("".join(rows))


def run_line(line: str, here: Run, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run one example as a shell would; the tour has a test of its own."""
    if " tour " in line:
        return False
    given, _, command = line.rpartition(" | ")
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(given.removeprefix("echo ").encode() + b"\n"))
    )
    code, _, err = here(*shlex.split(command)[1:])
    assert code == 0, f"{line}: {err}"
    return True


def test_the_tour_is_called_with_its_folder(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def tour(
        out: Path, *, quick: bool, seed: int, threads: int | None, report: Callable[[str], None]
    ) -> Path:
        asked.append((out, quick, seed, threads))
        report("reading")
        return out / "report.html"

    module = types.ModuleType("likewise.tour")
    module.tour = tour  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "likewise.tour", module)
    code, out, err = here("tour", "-o", tmp_path / "story", "--quick", "--seed", "7")
    assert (code, out) == (0, "")
    assert asked == [(tmp_path / "story", True, 7, None)]
    assert err.splitlines()[0] == "reading"
    assert str(tmp_path / "story" / "report.html") in err.splitlines()[-1]


def test_the_page_of_the_documentation_is_current() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / "docs" / "print_cli.py"], capture_output=True, text=True, check=True
    )
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert printed.stdout == page, "run: python docs/print_cli.py > docs/cli.md"
