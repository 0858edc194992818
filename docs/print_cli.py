"""Prints docs/cli.md: the help of every command, as a terminal of 80 columns shows it.

python docs/print_cli.py > docs/cli.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from likewise.cli.main import app

HEAD = """\
# The command line

Data go to standard output, everything else to standard error. On a terminal an answer is a table, in a pipe or with
`--json` it is one JSON object a line. `-` is standard input. Exit codes: 0 done, 1 an error in what was given (one line
says which, and the next step), 2 wrong usage, 130 and 143 ended by Ctrl-C or SIGTERM.

This page is printed by `python docs/print_cli.py` from the commands themselves.
"""


def commands(command: Any, name: str, parent: typer.Context | None = None) -> Iterator[tuple[str, str]]:
    """(name, help) of a command and of all below it."""
    context = typer.Context(
        command, info_name=name, parent=parent, terminal_width=80, **command.context_settings
    )
    yield context.command_path, command.get_help(context)
    if hasattr(command, "list_commands"):
        for below in command.list_commands(context):
            yield from commands(command.get_command(context, below), below, context)


def page() -> str:
    """The whole page."""
    sections = [
        f"## {name}\n\n```text\n{text}\n```\n" for name, text in commands(get_command(app), "likewise")
    ]
    return "\n".join([HEAD, *sections])


if __name__ == "__main__":
    print(page(), end="")
