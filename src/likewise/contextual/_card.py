"""The card of a model of words in context."""

from __future__ import annotations

from typing import Any

from likewise._version import __version__
from likewise.training.model_card import rows_of_card


def card(model: Any) -> str:
    """Markdown for people, made from what a model says of itself."""
    made = dict(model.facts)
    looks, training, text = made.pop("looks"), made.pop("training"), made.pop("read")
    losses = {f"{look['tokens']:,} tokens": f"{look['held_out']:.3f}" for look in looks}
    alarms = [f"- {said}" for said in made.pop("alarms", {}).values()]
    return "\n".join(
        [
            f"# Words in context × {model.dim}",
            "",
            f"Made by likewise {__version__}: {model.method}, {model.model.shape.layers} layers. A word has a vector "
            "in each place where it stands.",
            "",
            *rows_of_card("Text", {"from": made.pop("text"), **text, **made.pop("reading")}),
            *rows_of_card("Options", {**made, **training}),
            *rows_of_card(
                "Held-out loss, nats a token",
                {"predicting by frequency": f"{looks[-1]['chance']:.3f}", **losses},
            ),
            "## Limits",
            "",
            *alarms,
            "- The vectors repeat what the text says, its prejudices too.",
            f"- {len(model.kept):,} rows of the text lie in the model, so that usages can be shown: do not give it "
            "away where the text is private (`--keep 0` keeps none).",
            "- `likewise evaluate` measures whether the vectors separate meanings better than the mean of "
            "the context words.",
            "- The same seed and the same number of threads give the same bits on the same type of machine.",
            "",
        ]
    )
