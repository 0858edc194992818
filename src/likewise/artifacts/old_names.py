"""Options that had another name when a model was saved, by the name that they have today."""

from __future__ import annotations

from typing import Any

RENAMED = {
    "rate": "learning_rate", "batch": "batch_size", "forget": "feature_dropout", "prior": "popularity_weight",
    "choice": "vocabulary", "teaching": "training", "guesses": "baselines", "pieces": "tokens",
}  # fmt: skip
PLACES = ("made", "settings", "space")  # the facts that hold options of a training


def with_current_names(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a model, with options of its training under today's names; new dictionaries, all values as saved."""
    return {
        RENAMED.get(name, name): _renamed(value) if name in PLACES else value for name, value in facts.items()
    }


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_current(name, inner): _renamed(inner) for name, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _current(name: str, value: Any) -> str:
    if name == "pictures":  # what was read, and in it how many images
        return "dataset" if isinstance(value, dict) else "images"
    return RENAMED.get(name, name)
