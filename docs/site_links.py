"""For the documentation site: links to files outside docs/, which the site does not hold, become names of files."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, **context: Any) -> str:
    """Replace `[text](../path)` by the path as code."""
    return re.sub(r"\[[^\]]+\]\(\.\./([^)#]+)[^)]*\)", r"`\1`", markdown)
