"""A network that has learnt several tasks: vectors of items, and predictions for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, final

import numpy as np

from likewise.artifacts.artifact import KINDS, Contents, made
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.tasks._labels import Head
from likewise.tasks._trunks import inputs_of, trunk_of

KIND = "tasks"
BATCH = 256  # items that go through the network together
OWN = "task_"  # begins the names of its own arrays, besides those of the encoder inside


@final
class TaskModel:
    """An `Encoder` of what it was trained with: its vectors are those that all heads read.

    `losses` are the held-out losses by task, and `baselines` those of predicting label frequencies.
    `encoder` is the model whose network the trunk is, or whose vectors it reads; None where it reads vectors as given.

    Parameters
    ----------
    network : torch module
        Network.
    encoder : Encoder
        Encoder of the items.
    heads : sequence of Head
        Head of each task.
    losses : dict
        Task to its held-out loss.
    baselines : dict
        Task to the loss of predicting label frequencies.
    facts : dict or None
        How the model was made.
    """

    def __init__(
        self, network: Any, encoder: Any, heads: Sequence[Head], losses: Mapping[str, float],
        baselines: Mapping[str, float], facts: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.network, self.encoder, self.heads = network.eval(), encoder, tuple(heads)
        self.losses, self.baselines, self.facts = dict(losses), dict(baselines), dict(facts)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.network.trunk.dim)

    @accepts_one
    def encode(self, items: Any, *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32.

        Parameters
        ----------
        items : sequence or ndarray
            Items of the kind that the model was trained on.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        return self._through(items, threads, self.network.trunk)[0]

    def predict(self, items: Any, *, threads: int | None = None) -> dict[str, list[Any]]:
        """What each task's head predicts for each item: a class, a number, or a list of classes.

        Parameters
        ----------
        items : sequence or ndarray
            Items of the kind that the model was trained on.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        scores = self._through(items, threads, self.network)
        return {head.name: head.read(own) for head, own in zip(self.heads, scores, strict=True)}

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk: the encoder's own contents, and with them the heads.

        Raises `InputError` where the encoder inside is none of the house's.
        """
        from likewise.neural import weights as stored

        inner = self._inner()
        arrays = stored.to_arrays(self.network.heads)
        if not self._is_network_of_encoder:
            arrays |= {f"trunk_{name}": own for name, own in stored.to_arrays(self.network.trunk).items()}
        facts = {
            "made": self.facts,
            "heads": [asdict(head) for head in self.heads],
            "losses": self.losses,
            "baselines": self.baselines,
            "perceptron": None if self._is_network_of_encoder else asdict(self.network.trunk.shape),
            "encoder": None if self.encoder is None else {"kind": inner.kind, "facts": inner.facts},
        }
        arrays = {f"{OWN}{name}": own for name, own in arrays.items()} | inner.arrays
        return Contents(KIND, facts, arrays, inner.keys, inner.counts, inner.labels, inner.tokenizer)

    @classmethod
    def from_contents(cls, contents: Contents) -> TaskModel:
        """The model that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        need("torch", "neural", "a network of several tasks")
        from likewise.neural import weights as stored
        from likewise.neural.multitask.network import Perceptron, Shape, TaskNetwork

        facts, inner = contents.facts, _inner_of(contents)
        own = {n.removeprefix(OWN): array for n, array in contents.arrays.items() if n.startswith(OWN)}
        encoder = None if inner is None else made(inner)
        heads = [Head(**{**each, "classes": tuple(each["classes"])}) for each in facts["heads"]]
        if facts["perceptron"] is None:
            trunk = trunk_of(encoder)
        else:
            shape = Shape(**facts["perceptron"])
            if own["trunk_layers_0_weight"].shape != (
                shape.dim,
                shape.width,
            ):  # before memory is taken for it
                raise ArtifactError("the trunk's weights are not those of the shape that it says it has")
            trunk = Perceptron(shape)
            weights = {n.removeprefix("trunk_"): a for n, a in own.items() if n.startswith("trunk_")}
            stored.from_arrays(trunk, weights)
        network = TaskNetwork(trunk, [head.width for head in heads])
        stored.from_arrays(network.heads, {n: a for n, a in own.items() if not n.startswith("trunk_")})
        return cls(network, encoder, heads, facts["losses"], facts["baselines"], facts["made"])

    @property
    def _is_network_of_encoder(self) -> bool:
        from likewise.neural.multitask.network import Perceptron

        return not isinstance(self.network.trunk, Perceptron)

    def _inner(self) -> Contents:
        """Those of the encoder inside; empty where there is none."""
        if self.encoder is None:
            return Contents("", {}, {})
        if not hasattr(self.encoder, "contents"):
            raise InputError(
                f"{type(self.encoder).__name__} makes the vectors and cannot be saved: encode with it beforehand and "
                "give likewise.tasks.learn the vectors"
            )
        inner: Contents = self.encoder.contents()
        return inner

    def _through(self, items: Any, threads: int | None, module: Any) -> list[np.ndarray]:
        import torch

        from likewise.neural.threads import only_threads

        widths = [self.dim] if module is self.network.trunk else [head.width for head in self.heads]
        found = [[np.zeros((0, width), np.float32)] for width in widths]
        inputs = inputs_of(self.encoder, items, is_trunk=self._is_network_of_encoder)
        with only_threads(checked_threads(threads)), torch.inference_mode():
            for start in range(0, len(inputs), BATCH):
                predicted = module(*inputs.batch(np.arange(start, min(start + BATCH, len(inputs))), None))
                for parts, part in zip(
                    found, predicted if isinstance(predicted, list) else [predicted], strict=True
                ):
                    parts.append(part.float().numpy())
        return [np.concatenate(parts) for parts in found]


def _inner_of(contents: Contents) -> Contents | None:
    """What is there of the encoder inside; `ArtifactError` for a kind that there is not."""
    said = contents.facts["encoder"]
    arrays = {name: array for name, array in contents.arrays.items() if not name.startswith(OWN)}
    if said is None:
        if arrays:
            raise ArtifactError(f"no encoder is inside, and yet there is an array {min(arrays)[:64]!r}")
        return None
    if said["kind"] not in KINDS or said["kind"] == KIND:
        raise ArtifactError(f"the encoder inside is of the unknown kind {said['kind']!r}")
    return Contents(
        said["kind"],
        said["facts"],
        arrays,
        contents.keys,
        contents.counts,
        contents.labels,
        contents.tokenizer,
    )
