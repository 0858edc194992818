"""The card of a network of images: what it is, from what, how, and what it is not."""

from __future__ import annotations

from typing import Any

from likewise._version import __version__
from likewise.training.model_card import rows_of_card

NETWORKS = {
    "cnn": "a convolutional network that pools overlapping patches step by step",
    "vit": "a vision transformer",
}


def card(model: Any) -> str:
    """Markdown for people, made from what a model says of itself."""
    made = model.facts
    method = made["function"].rsplit(".", 1)[1]
    path = " → ".join("1" if size == (1, 1) else f"{size[0]}×{size[1]}" for size in model.sizes)
    given = made["images"]
    source = given if isinstance(given, dict) else {"from": given, "labels": made["labels"]}
    last = made["history"][-1] if made["history"] else {}
    return "\n".join(
        [
            f"# Images of {model.canvas.width} × {model.canvas.height} → {model.dim} dimensions",
            "",
            f"Made by likewise {__version__}: {NETWORKS[method]}, {path}, trained with the objective "
            f"{made['objective']!r}.",
            "",
            *rows_of_card("Images", {**source, **made["dataset"]}),
            *rows_of_card("Options", {**made["options"], "threads": made["threads"]}),
            *rows_of_card("Loss", {name: f"{value:.4f}" for name, value in last.items() if name != "images"}),
            "## Limits",
            "",
            f"- An image is first brought to {model.canvas.width} × {model.canvas.height}: finer things are not seen.",
            "- The vectors repeat what the images show, and how they were chosen.",
            "- The same seed gives the same bits at the same number of threads, on the same type of machine.",
            "- `likewise compare` measures whether they beat raw pixels on your own task.",
            "",
        ]
    )
