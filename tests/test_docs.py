"""What the README and the documentation show is run: each Python block, each `$` line, each example, each link."""

from __future__ import annotations

import inspect
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PROSE = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.M | re.S)
WORLDS = (
    "king queen prince throne palace",
    "bread butter cheese milk honey",
    "violin piano cello drum flute",
)
PEOPLE = "man woman boy girl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a small text."""
    draw = random.Random(1)
    worlds = [f"{words} {PEOPLE}".split() for words in WORLDS]
    rows = (" ".join(draw.choices(draw.choice(worlds), k=8)) for _ in range(400))
    (tmp_path / "corpus.txt").write_text("".join(f"{row}\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: list[str] | str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, shell=isinstance(command, str), cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    "page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=lambda page: page.name
)
def test_a_page_does_what_it_shows(page: Path, folder: Path) -> None:
    names: dict[str, object] = {}
    for kind, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(block, str(page), "exec"), names)
        else:
            lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
            assert lines, f"{page.name}: a console block without a command"
            for line in lines:
                run(line, folder)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_runs_and_says_something(example: Path, folder: Path) -> None:
    given = "out" if "OUT" in example.read_text(encoding="utf-8").partition("\n")[0] else "corpus.txt"
    assert run([sys.executable, str(example), given], folder).strip()


def test_there_are_examples_and_each_is_short() -> None:
    assert len(EXAMPLES) >= 3
    assert max(len(example.read_text().splitlines()) for example in EXAMPLES) <= 60


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_table_of_an_artifact_is_what_the_code_writes() -> None:
    from likewise.artifacts.manifest import ARRAY_NAMES, FORMAT

    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    assert f"| `format` | {FORMAT}." in text
    assert all(f"| `{name}` | float32 |" in text for name in ARRAY_NAMES["table"] or ())


def test_every_format_of_vectors_stands_in_the_table() -> None:
    from likewise.formats import FORMATS

    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in FORMATS)


def options_of(place: str, names: list[str]) -> list[str]:
    """Every option of functions and dataclasses of a family; `Report` and the like have none."""
    from importlib import import_module

    module = import_module(place)
    return [name for each in names for name in inspect.signature(getattr(module, each)).parameters]


@pytest.mark.parametrize(
    ("page", "place", "names"),
    [
        ("words.md", "likewise.words", ["word2vec", "fasttext", "glove", "Reading", "Tuning"]),
        ("context.md", "likewise.contextual", ["transformer", "recurrent", "Reading"]),
        ("documents.md", "likewise.documents", ["Reading", "Terms", "VocabularyOptions"]),
        ("images.md", "likewise.images", ["cnn", "vit", "random_network"]),
        ("images.md", "likewise.data.images", ["read"]),
        (
            "pretrained.md",
            "likewise.contextual",
            ["from_pretrained", "contrastive", "distil", "distil_transformer"],
        ),
        (
            "graphs.md",
            "likewise.graphs",
            ["deepwalk", "node2vec", "rdf2vec", "complex", "distmult", "transe", "rotate", "Reading"],
        ),
        (
            "users.md",
            "likewise.users",
            ["als", "bpr", "ease", "item2vec", "two_tower", "Reading"],
        ),
    ],
)
def test_every_option_is_explained(page: str, place: str, names: list[str]) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    known = {
        "graph",
        "seed",
        "threads",
        "out",
        "overwrite",
        "resume",
        "checkpoint_seconds",
        "report",
        "tuning",
    }
    unexplained = [name for name in options_of(place, names) if not re.search(rf"\b{name}\b", text)]
    assert sorted({*unexplained} - (known if page != "words.md" else set())) == []
