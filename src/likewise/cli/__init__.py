"""The command line: thin commands over the library; the only place that prints and exits."""

from __future__ import annotations
