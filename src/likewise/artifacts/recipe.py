"""The call of a run: compared with the call that resumes it, and written as `run.toml` next to the model."""

from __future__ import annotations

import json
import os
import platform
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from likewise.artifacts.layout import dump_json, parse_json
from likewise.errors import OptionError

HEAD = """\
# How this model was made. The same call, with the same data and versions, on the same type of machine, gives
# the same bits again.
"""
PACKAGES = ("likewise", "numpy", "scipy", "numba", "pyarrow")


def plain(call: Mapping[str, Any]) -> dict[str, Any]:
    """`call` as JSON gives it back; `OptionError` where it is more than JSON can hold."""
    try:
        return parse_json(dump_json(call))
    except (TypeError, ValueError) as error:
        raise OptionError(f"a call must be plain JSON values: {error}") from error


def differences(old: Mapping[str, Any], new: Mapping[str, Any], harmless: Sequence[str] = ()) -> list[str]:
    """Each option in which two calls differ, as "epochs 5 → 10"; None is the same as not given."""
    before, after = dict(_options(old)), dict(_options(new))
    return [
        f"{'.'.join(path)} {before.get(path, 'not given')} → {after.get(path, 'not given')}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path) and path[-1] not in harmless
    ]


def _options(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _options(value, (*path, name))
        elif value is not None:
            yield (*path, name), value


def run_text(call: Mapping[str, Any], data: Mapping[str, str]) -> str:
    """`run.toml`: the call with options and seed, the digests of its data, the versions and the machine."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    machine = {"processor": _processor(), "cores": os.cpu_count() or 1}
    versions["python"] = platform.python_version()
    return HEAD + _toml({"call": call, "data": data, "versions": versions, "machine": machine})


def read_run_text(path: Path) -> dict[str, Any] | None:
    """What `run.toml` says, or None where it is not there or no longer what was written."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _toml(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """`table` as TOML; what is None is left out, for TOML has no word for it."""
    values = {name: value for name, value in table.items() if value is not None}
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    lines = [f"{_name(name)} = {_value(value)}\n" for name, value in values.items() if name not in tables]
    head = f"\n[{'.'.join(map(_name, path))}]\n" if path else ""
    return head + "".join(lines) + "".join(_toml(value, (*path, name)) for name, value in tables.items())


def _name(text: str) -> str:
    return text if text.isascii() and text.isidentifier() else _quoted(text)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_name(name)} = {_value(item)}' for name, item in value.items())}}}"
    raise OptionError(f"run.toml cannot hold {value!r}")


def _quoted(text: str) -> str:
    """A TOML string: that of JSON, but for the one character that only TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
