"""The card of a model of users: what it is, from what, how, and what it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likewise._version import __version__
from likewise.training.model_card import rows_of_card

if TYPE_CHECKING:
    from likewise.users._model import Users


def card(model: Users) -> str:
    """Markdown for people, made from what a model says of itself."""
    made = dict(model.facts)
    met, choices = made.pop("met"), made.pop("choices")
    share = choices / max(1, len(model) * len(model.items))
    shape = {
        "from": made.pop("log"), "users": f"{len(model):,}", "items": f"{len(model.items):,}",
        "choices": f"{choices:,}, {share:.2%} of all pairs", **met,
    }  # fmt: skip
    made.pop("function")
    return "\n".join(
        [
            f"# {len(model):,} users and {len(model.items):,} items × {model.dim}",
            "",
            f"Made by likewise {__version__}: {model.method}. A user is embedded from what they chose.",
            "",
            *rows_of_card("Log", shape),
            *rows_of_card("Options and results", made),
            "## Limits",
            "",
            "- What was not chosen may be disliked, or never have been seen: the log does not tell.",
            "- What is popular is chosen more because it is shown more; the vectors repeat that.",
            "- Who has no history gets what most users chose, marked cold.",
            "- The model holds the ids and the histories of its users: whoever has the folder can read them.",
            "- Whether it beats popularity and neighbours of items, `likewise evaluate` tells.",
            "",
        ]
    )
