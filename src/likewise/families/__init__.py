"""The doors, by kind of data: each page names every stage that its methods walk through."""

from __future__ import annotations
