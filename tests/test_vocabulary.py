"""The words of the field, and none of an own dialect: docs/glossary.md, and words that must not come back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "likewise"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name != "glossary.md"),
]

# What the field says instead stands in docs/glossary.md.
FORBIDDEN = frozenset(
    "taught teach teaches teaching untaught told tell tells telling asked ask asks asking piece pieces "  # noqa: SIM905
    "picture pictures album albums shelf shelves shelved crew march marches peek met meeting choice choices "
    "question questions guess guesses guessed guessing beside around strangers likeness".split()
)
PHRASES = re.compile(r"\bnumbers (each|a word|a node)\b|\bstep size\b", re.I)

OLD_NAMES = ("choice", "teaching", "guesses", "pictures", "pieces")  # in models saved before

# A word may stand where it is another program's name or a text that the program reads: (file, word).
ALLOWED: set[tuple[str, str]] = {
    *(("src/likewise/artifacts/old_names.py", old) for old in OLD_NAMES),
    ("src/likewise/images/_encoder.py", "shelf"),  # in saved models
    ("src/likewise/data/images/labels.py", "picture"),  # a name that columns have in other people's files
    ("src/likewise/data/images/parquet.py", "picture"),
    ("src/likewise/evaluate/edge_splits.py", "strangers"),  # the name of a stream of random numbers
    *(
        ("src/likewise/users/_stored.py", old) for old in ("met", "choices", "beside")
    ),  # facts and arrays on disk
    (
        "src/likewise/evaluate/standard_sets.py",
        "questions",
    ),  # questions-words.txt, the name of the analogy set
    ("src/likewise/neural/weights.py", "pieces"),  # the name of a parameter in saved models
    ("src/likewise/neural/text/training.py", "questions"),  # the name of a stream of random numbers
}


def words_of(text: str) -> set[str]:
    """The lower-case words of a text, those of snake_case and CamelCase names each by itself."""
    text = re.sub(
        r"WordPiece|SentencePiece|max_piece_length|\.choices?\(", "", text
    )  # names of other people's methods and options
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ")
    return {word.lower() for word in re.findall(r"[A-Za-z]+", parted)}


def names_of(source: str) -> Iterator[str]:
    """Every name that a module defines: functions, classes, parameters, variables, and names of imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname


def prose_of(source: str) -> Iterator[str]:
    """Every comment, docstring and string of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.string


def forbidden(text: str) -> set[str]:
    return (words_of(text) & FORBIDDEN) | {found.group(0).lower() for found in PHRASES.finditer(text)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_speaks_the_language_of_the_field(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    own = str(path.relative_to(ROOT))
    found = forbidden(path.stem)
    for text in (*names_of(source), *prose_of(source)):
        found |= forbidden(text)
    assert sorted(word for word in found if (own, word) not in ALLOWED) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_speaks_the_language_of_the_field(page: Path) -> None:
    assert sorted(forbidden(page.read_text(encoding="utf-8"))) == []


def test_the_test_sees_names_comments_and_strings() -> None:
    source = 'def taught(): pass\nx = 1  # asked\ny = "two pictures"\nclass CrewOfOne: pass\n'
    assert set().union(*map(forbidden, names_of(source))) == {"taught", "crew"}
    assert set().union(*map(forbidden, prose_of(source))) == {"asked", "pictures"}
    assert forbidden("64 numbers each") == {"numbers each"}


def test_every_term_of_the_glossary_is_found_in_the_code() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| `([^`|]+)`", (ROOT / "docs" / "glossary.md").read_text(), re.M
    )
    assert len(rows) >= 40
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    files = {path.stem.lstrip("_") for path in SOURCES}
    missing = [
        (term, bearer)
        for term, bearer in rows
        if not re.search(rf"\b{re.escape(bearer.split('.')[-1].strip('-').replace('-', '_'))}\b", code)
        and bearer.split("/")[-1].removesuffix(".py") not in files
    ]
    assert missing == []
