"""Two towers: users by their interactions and attributes, items by their ids and attributes.

Both end in vectors whose dot product scores an interaction, so that new users and new items have vectors by their
attributes alone. Yi et al. 2019: a softmax over the items of a batch, with log q taken off for an item of popularity q,
which is in a batch so much more often. The id of an item is dropped for a share of the steps, so that its attributes
are trained to predict without it (Volkovs, Yu and Poutanen 2017, DropoutNet).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.neural import trainer
from likewise.neural.diagnostics import Evaluation
from likewise.neural.optimizer import Optimizer
from likewise.neural.state import State, restore
from likewise.system import seeds
from likewise.system.progress import Progress

MAX_HISTORY = 50  # items of a history that a step reads, drawn at random
INITIAL_SCALE = 0.1
SPARSE_FROM = 50_000  # rows of a table, above which a step updates only those of its batch


@dataclass(frozen=True)
class Settings:
    """Settings of a training; all of them change the vectors, and are recorded with them."""

    dim: int = 64
    hidden: int = 128
    epochs: int = 12
    batch_size: int = 512
    learning_rate: float = 0.002
    feature_dropout: float = (
        0.3  # share of items whose id is dropped; a third of it is that of users without history
    )
    seed: int = 0
    tokens: ClassVar[None] = None
    hours: ClassVar[None] = None
    clip: ClassVar[None] = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("dim", 1, 65536),
            ("hidden", 1, 65536),
            ("epochs", 1, 10**6),
            ("batch_size", 2, 10**6),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise OptionError(f"{name} must be a whole number from {least} to {most:,}, not {value!r}")
        if not isinstance(self.learning_rate, int | float) or not 0 < self.learning_rate < np.inf:
            raise OptionError(f"learning_rate must be a number above 0, not {self.learning_rate!r}")
        if not isinstance(self.feature_dropout, int | float) or not 0 <= self.feature_dropout < 1:
            raise OptionError(
                f"feature_dropout must be a number from 0 and below 1, not {self.feature_dropout!r}"
            )
        seeds.checked(self.seed)

    def learning_rate_at(self, share: float) -> float:
        """The learning rate, which is constant."""
        return self.learning_rate


class Side(nn.Module):
    """The layers of one tower."""

    def __init__(self, tokens: int, settings: Settings) -> None:
        super().__init__()
        self.tokens = nn.EmbeddingBag(max(1, tokens), settings.dim, mode="mean", sparse=tokens > SPARSE_FROM)
        self.inner = nn.Linear(settings.dim, settings.hidden)
        self.outer = nn.Linear(settings.hidden, settings.dim, bias=False)

    def forward(self, below: Tensor, ids: Tensor, offsets: Tensor) -> Tensor:
        """(b, dim) of the input `below` (b, dim) and the attribute tokens of each."""
        x = below + self.tokens(ids, offsets)
        return x + self.outer(torch.relu(self.inner(x)))

    def arrays(self, tokens: int) -> dict[str, np.ndarray]:
        """The weights, as `likewise.users._side_features.Tower` takes them."""
        return {
            "tokens": _array(self.tokens.weight)[:tokens], "inner": _array(self.inner.weight.T),
            "bias": _array(self.inner.bias), "outer": _array(self.outer.weight.T),
        }  # fmt: skip


class Towers(nn.Module):
    """Both sides, and two vectors of each item: by its id, and as part of a history."""

    def __init__(self, items: int, user_tokens: int, item_tokens: int, settings: Settings) -> None:
        super().__init__()
        self.own = nn.Embedding(items, settings.dim, sparse=items > SPARSE_FROM)
        self.history = nn.EmbeddingBag(items, settings.dim, mode="mean", sparse=items > SPARSE_FROM)
        self.users, self.items = Side(user_tokens, settings), Side(item_tokens, settings)
        random = torch.Generator().manual_seed(seeds.state(settings.seed, "two_tower.start") % 2**62)
        with torch.no_grad():
            for weights in self.parameters():
                nn.init.normal_(weights, 0.0, INITIAL_SCALE, generator=random)

    def optimizer(self, learning_rate: float) -> Optimizer:
        """Adam for all weights, sparse for those of large tables."""
        bags = [
            each
            for each in self.modules()
            if isinstance(each, nn.Embedding | nn.EmbeddingBag) and each.sparse
        ]
        large = {id(each.weight): each.weight for each in bags}
        dense = [weights for weights in self.parameters() if id(weights) not in large]
        adam = torch.optim.Adam(dense, learning_rate)
        if not large:
            return Optimizer((adam,))
        return Optimizer((adam, torch.optim.SparseAdam(list(large.values()), learning_rate)))


@dataclass(frozen=True)
class Batch:
    """Pairs of a user and an item: the items (n,), whether the id of each is used (n, 1), and bags of rows with starts.

    The bags are the histories and attribute tokens of the users, and the attribute tokens of the items.
    """

    items: Tensor
    has_id: Tensor
    history: tuple[Tensor, Tensor]
    user_tokens: tuple[Tensor, Tensor]
    item_tokens: tuple[Tensor, Tensor]

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        bags = (self.history, self.user_tokens, self.item_tokens)
        history, users, items = ((ids.to(device), starts.to(device)) for ids, starts in bags)
        return Batch(self.items.to(device), self.has_id.to(device), history, users, items)


class TwoTowerProblem:
    """Pairs of users and the items they have seen; nothing is held out.

    The random numbers of an epoch are drawn batch by batch, so that a training that is resumed in an epoch draws those
    of the batches before once more. Raises `InputError` if no user has seen any item.
    """

    unit = "pairs"
    chunks = 1

    def __init__(
        self, seen: Ragged, user_rows: Ragged, item_rows: Ragged, items: int, settings: Settings
    ) -> None:
        if len(seen.ids) == 0:
            raise InputError("there is nothing to learn from: no user has seen any item")
        self.seen, self.user_rows, self.item_rows, self.settings = seen, user_rows, item_rows, settings
        counts = np.bincount(seen.ids, minlength=items)
        self.popularity = torch.from_numpy(np.log(np.maximum(counts, 1) / len(seen.ids)).astype(np.float32))
        self.owners = np.repeat(np.arange(len(seen)), seen.lengths)
        self.epoch_size, self.evaluations = len(seen.ids), settings.epochs
        self._next, self._random = -1, seeds.generator(settings.seed, "two_tower.epoch", 0)

    def batches(self, epoch: int, chunk: int) -> list[np.ndarray]:
        """The numbers of the pairs of each batch of an epoch; the random numbers begin anew."""
        self._random = seeds.generator(self.settings.seed, "two_tower.epoch", epoch)
        order, size = self._random.permutation(self.epoch_size), self.settings.batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        self._next = epoch * len(batches)
        return batches

    def count(self, members: np.ndarray) -> int:
        """Pairs of a batch."""
        return len(members)

    def example(self, members: np.ndarray, step: int) -> Batch:
        """The batch of a step."""
        if step != self._next:
            epoch, position = divmod(step, -(-self.epoch_size // self.settings.batch_size))
            for earlier in self.batches(epoch, 0)[:position]:
                self._draw(earlier)
        self._next = step + 1
        return self._draw(members)

    def _draw(self, members: np.ndarray) -> Batch:
        users, items, dropout = (
            self.owners[members],
            self.seen.ids[members].astype(np.int64),
            self.settings.feature_dropout,
        )
        has_id = torch.from_numpy((self._random.random(len(items)) >= dropout).astype(np.float32))[:, None]
        history = _histories(self.seen, users, items, self._random, dropout)
        return Batch(
            torch.from_numpy(items),
            has_id,
            history,
            _tokens(self.user_rows, users),
            _tokens(self.item_rows, items),
        )

    def loss(self, model: Towers, batch: Batch) -> Tensor:
        """The sampled softmax with the log of the items' popularity taken off."""
        left = model.users(model.history(*batch.history), *batch.user_tokens)
        right = model.items(model.own(batch.items) * batch.has_id, *batch.item_tokens)
        popularity = self.popularity.to(batch.items.device)[batch.items]
        return _loss(left @ right.T - popularity[None], batch.items)

    def evaluate(self, model: Towers, share_done: float) -> Evaluation:
        """Nothing: the history has the loss of each epoch."""
        return Evaluation({}, {})


def start_state(towers: Towers, settings: Settings) -> State:
    """The start of a training."""
    return State(towers, towers.optimizer(settings.learning_rate), "float32")


def restore_state(
    towers: Towers, settings: Settings, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> State:
    """The state of a checkpoint; raises `InputError` if its arrays are not those of the towers."""
    return restore(towers, towers.optimizer(settings.learning_rate), arrays, facts)


def train(
    state: State, seen: Ragged, user_rows: Ragged, item_rows: Ragged, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train the `Towers` of `state` in place, to the end; see `TwoTowerProblem` and `trainer.train`.

    seen: the items of each user, which count the same. user_rows, item_rows: the attribute tokens of each.
    """
    problem = TwoTowerProblem(seen, user_rows, item_rows, state.model.own.num_embeddings, settings)
    return trainer.train(state, problem, settings, threads=threads)


def _loss(logits: Tensor, items: Tensor) -> Tensor:
    """Each row's own column against the others, except those of the same item."""
    same = (items[None] == items[:, None]).fill_diagonal_(False)
    targets = torch.arange(len(items), device=items.device)
    return nn.functional.cross_entropy(logits.masked_fill(same, -torch.inf), targets)


def _histories(
    seen: Ragged, users: np.ndarray, items: np.ndarray, random: np.random.Generator, dropout: float
) -> tuple[Tensor, Tensor]:
    """The history of each user without the target item: a sample of a long one; nothing, for a share of users."""
    starts, lengths = seen.offsets[users], seen.lengths[users]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.repeat(np.arange(len(users)), lengths)
    ids = seen.ids[np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])]
    kept = (ids != items[rows]) & (random.random(len(ids)) * lengths[rows] < MAX_HISTORY)
    kept &= (random.random(len(users)) >= dropout / 3)[rows]
    counts = np.bincount(rows[kept], minlength=len(users))
    bounds = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return torch.from_numpy(ids[kept].astype(np.int64)), torch.from_numpy(bounds.astype(np.int64))


def _tokens(rows: Ragged, members: np.ndarray) -> tuple[Tensor, Tensor]:
    """The tokens of some rows and their starts, as `nn.EmbeddingBag` takes them."""
    lengths = rows.lengths[members]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = np.repeat(rows.offsets[members] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return torch.from_numpy(rows.ids[places].astype(np.int64)), torch.from_numpy(
        offsets[:-1].astype(np.int64)
    )


def _array(weights: Tensor) -> np.ndarray:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32).copy()


def arrays(towers: Towers, user_tokens: int, item_tokens: int) -> dict[str, dict[str, np.ndarray]]:
    """The trained weights: "users" and "items" as towers; "own" and "history" (items, dim) under "tables"."""
    tables = {"own": _array(towers.own.weight), "history": _array(towers.history.weight)}
    return {
        "users": towers.users.arrays(user_tokens),
        "items": towers.items.arrays(item_tokens),
        "tables": tables,
    }
