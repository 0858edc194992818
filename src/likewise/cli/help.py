"""Help texts: options under headings, examples at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

SAID_DEFAULT = re.compile(r"\[default: \((.*)\)\]")  # in words, which come in brackets


def examples(*lines: str) -> str:
    r"""An epilog of command lines that are kept as they are (\b) and that a test runs."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


@contextmanager
def _suggesting() -> Iterator[None]:
    """Suggest similar options in the same words as for commands."""
    try:
        yield
    except Exception as error:
        near = getattr(error, "possibilities", None)
        if near:
            error.message = f"{error.message}. Did you mean {', '.join(map(repr, near))}?"  # type: ignore[attr-defined]
            error.possibilities = None  # type: ignore[attr-defined]
        raise


class Sectioned(TyperCommand):
    """A command whose help lists its options by their `rich_help_panel`, in the order of the signature."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left of the arguments."""
        with _suggesting():
            return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then each section of options."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                name, said = record
                if param.param_type_name == "argument":
                    sections["Arguments"].append((name.partition(" <")[0], said))  # the type says nothing new
                else:
                    panel = getattr(param, "rich_help_panel", None) or "Options"
                    said = SAID_DEFAULT.sub(r"[default: \1]", said)
                    sections.setdefault(panel, []).append((name, said))
        for name, rows in sections.items():
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows, col_max=24)


class TrainFirst(TyperGroup):
    """Lists groups of commands before commands: a model is trained before it is used."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left of the arguments."""
        with _suggesting():
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the help."""
        return sorted(self.commands, key=lambda name: not isinstance(self.commands[name], TyperGroup))
