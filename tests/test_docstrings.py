"""Every public function and class says in its docstring what each parameter is, as numpydoc has it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

PUBLIC = (
    "likewise", "likewise.words", "likewise.documents", "likewise.graphs", "likewise.users", "likewise.images",
    "likewise.contextual", "likewise.tasks", "likewise.evaluate", "likewise.probing", "likewise.features",
    "likewise.pool", "likewise.formats", "likewise.report", "likewise.testing",
    "likewise.sklearn",
)  # fmt: skip


def public_objects() -> Iterator[tuple[str, Any]]:
    """Each public function and class by its full name, and the public methods of each class."""
    seen: set[int] = set()
    for place in PUBLIC:
        module = import_module(place)
        for name in getattr(module, "__all__", ()):
            each = getattr(module, name)
            if id(each) in seen or not (inspect.isfunction(each) or inspect.isclass(each)):
                continue
            seen.add(id(each))
            if getattr(each, "_is_protocol", False):
                continue
            yield f"{place}.{name}", each
            if inspect.isclass(each):
                for method, raw in vars(each).items():
                    function = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
                    if inspect.isfunction(function) and not method.startswith("_"):
                        yield f"{place}.{name}.{method}", function


OBJECTS = dict(public_objects())


def parameters_of(each: Any) -> list[str]:
    """What a caller may give: of a class, what its `__init__` takes."""
    try:
        signature = inspect.signature(each)
    except ValueError:  # a class of C
        return []
    names = list(signature.parameters)
    return [name for name in names if name not in ("self", "cls")]


def documented(docstring: str) -> set[str]:
    """The names under "Parameters" or "Attributes": lines `name : type`, or `first, second : type`."""
    sections = re.findall(
        r"^(?:Parameters|Attributes|Other Parameters)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)",
        docstring,
        re.M | re.S,
    )
    rows = re.findall(r"^([\w*][\w*, ]*?) : \S", "\n".join(sections), re.M)
    return {name.strip().lstrip("*") for row in rows for name in row.split(",")}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_parameter_is_documented(name: str) -> None:
    each = OBJECTS[name]
    docstring = inspect.getdoc(each) or ""
    assert docstring, f"{name} has no docstring"
    missing = [parameter for parameter in parameters_of(each) if parameter not in documented(docstring)]
    assert missing == []


def test_the_test_reads_numpydoc() -> None:
    text = (
        "One line.\n\nParameters\n----------\na : int\n    First.\nb, c : float, default 1.0\n    Both.\n\n"
        "Returns\n-------\nd : int\n"
    )
    assert documented(text) == {"a", "b", "c"}


def test_there_is_much_to_document() -> None:
    assert len(OBJECTS) > 100
