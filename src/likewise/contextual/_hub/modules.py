"""What comes after the transformer in a folder of sentence-transformers, by a closed list of parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from likewise.contextual._hub.folder import CONFIG, MODULES, Folder
from likewise.errors import ArtifactError

Pooling = Literal["mean", "cls", "max"]
POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max")
PARTS = {  # by the names that versions of the program have written; none is imported
    name: part
    for part, prefixes in {
        "transformer": ("models.Transformer", "base.modules.transformer.Transformer"),
        "pooling": ("models.Pooling", "sentence_transformer.modules.pooling.Pooling"),
        "normalize": ("models.Normalize", "base.modules.normalize.Normalize"),
        "dense": ("models.Dense", "base.modules.dense.Dense"),
    }.items()
    for name in (f"sentence_transformers.{prefix}" for prefix in prefixes)
}
ACTIVATIONS = {
    "torch.nn.modules.activation.Tanh": "tanh",
    "torch.nn.modules.linear.Identity": "none",
    "torch.nn.modules.activation.ReLU": "relu",
}
WIDEST = 65536


@dataclass(frozen=True, eq=False)
class Dense:
    """x → activation(x weightᵀ + bias): weight (out, in) float32, bias (out,)."""

    weight: np.ndarray
    bias: np.ndarray
    activation: str

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        made = vectors @ self.weight.T + self.bias
        if self.activation == "tanh":
            return np.tanh(made)
        return np.maximum(made, 0) if self.activation == "relu" else made


@dataclass(frozen=True, eq=False)
class Head:
    """How the vectors of a text's tokens become one: pooled, then through `steps`, of which None is: to length 1."""

    pooling: Pooling = "mean"
    steps: tuple[Dense | None, ...] = ()

    def dim(self, width: int) -> int:
        """How many numbers come out of vectors of `width`."""
        for step in self.steps:
            width = width if step is None else len(step.bias)
        return width

    def finish(self, pooled: np.ndarray) -> np.ndarray:
        """(n, width) float32 → (n, dim), what comes after the pooling."""
        for step in self.steps:
            pooled = unit(pooled) if step is None else step(pooled)
        return pooled


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows at length 1; a zero row stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def head_of(folder: Folder, width: int) -> Head:
    """The head of a folder; if it states none, the mean, not normalised.

    Raises `ArtifactError` for a part that is not on the list, such as code of the folder's own.
    """
    if MODULES not in folder:
        return Head()
    entries = folder.entries(MODULES)
    kinds = [_part(folder, entry) for entry in entries]
    if kinds[:2] != ["transformer", "pooling"] or not set(kinds[2:]) <= {"dense", "normalize"}:
        raise ArtifactError(
            f"{folder.path / MODULES}: {', '.join(kinds) or 'nothing'}; wanted transformer, pooling, ..."
        )
    steps: list[Dense | None] = []
    for kind, entry in zip(kinds[2:], entries[2:], strict=True):
        step = dense_of(folder.inside(entry.get("path")), width) if kind == "dense" else None
        width = width if step is None else len(step.bias)
        steps.append(step)
    pooling = pooling_of(folder.inside(entries[1].get("path")))
    return Head(pooling, tuple(steps))


def transformer_folder(folder: Folder) -> Folder:
    """Where the transformer lies: the folder itself, or the one that `modules.json` names."""
    if MODULES not in folder:
        return folder
    entries = folder.entries(MODULES)
    places = [entry.get("path", "") for entry in entries if _part(folder, entry) == "transformer"]
    if len(places) != 1:
        raise ArtifactError(f"{folder.path / MODULES} names {len(places)} transformers; wanted one")
    return folder.inside(places[0])


def _part(folder: Folder, entry: dict[str, Any]) -> str:
    name = entry.get("type")
    if not isinstance(name, str) or name not in PARTS:
        raise ArtifactError(
            f"{folder.path / MODULES} names {str(name)[:80]!r}, which is not on the list of parts, and no code is run: "
            "Transformer, Pooling, Dense and Normalize are read"
        )
    return PARTS[name]


def pooling_of(folder: Folder) -> Pooling:
    """The one pooling that its config names."""
    config = folder.json(CONFIG)
    chosen = [config["pooling_mode"]] if "pooling_mode" in config else [
        "cls" if name == "pooling_mode_cls_token" else name.removeprefix("pooling_mode_").removesuffix("_tokens")
        for name, is_on in config.items() if name.startswith("pooling_mode_") and is_on is True
    ]  # fmt: skip
    for pooling in POOLINGS:
        if chosen == [pooling]:
            return pooling
    raise ArtifactError(f"{folder.path / CONFIG}: pooling {chosen!r}; one of {', '.join(POOLINGS)} is read")


def dense_of(folder: Folder, width: int) -> Dense:
    """The layer of its config and its weights, whose sizes must fit."""
    config, arrays = folder.json(CONFIG), folder.arrays()
    activation = ACTIVATIONS.get(str(config.get("activation_function")))
    out = config.get("out_features")
    if activation is None or type(out) is not int or not 1 <= out <= WIDEST:
        known_activation = (config.get("activation_function"), out)
        raise ArtifactError(f"{folder.path / CONFIG}: a layer of {known_activation!r}, which is not read")
    weight = arrays.get("linear.weight")
    bias = arrays.get("linear.bias", np.zeros(out, np.float32))
    if weight is None or weight.shape != (out, width) or bias.shape != (out,):
        raise ArtifactError(f"{folder.path}: its weights are not {width} to {out} numbers")
    if not all(a.dtype == np.float32 and np.isfinite(a).all() for a in (weight, bias)):
        raise ArtifactError(f"{folder.path}: its weights are not finite float32")
    return Dense(np.array(weight), np.array(bias), activation)
