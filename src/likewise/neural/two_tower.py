"""Two towers: users by what they chose and what is known of them, items by what they are and what is known of them.

Both end in vectors whose product says who chose what, so that new users and new items have vectors by their attributes
alone. Source: Yi et al. 2019, a softmax over the items of a batch, with log q taken off for an item of popularity q,
which a batch holds so much more often; items forget who they are for a share of the steps, so that their attributes
learn to do without (Volkovs, Yu and Poutanen 2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.system import seeds
from likewise.system.progress import Progress

MOST = 50  # items of a history that a step looks at, drawn
START = 0.1
MANY = 50_000  # rows of a table, from which on a step touches only those it has seen


@dataclass(frozen=True)
class Settings:
    """What is learnt and how; everything here changes the vectors, and is recorded with them."""

    dim: int = 64
    hidden: int = 128
    epochs: int = 12
    batch_size: int = 512
    learning_rate: float = 0.002
    forget: float = 0.3  # the share of items that are known by their attributes alone, and of users too
    seed: int = 0

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
            raise OptionError(f"rate must be a number above 0, not {self.learning_rate!r}")
        if not isinstance(self.forget, int | float) or not 0 <= self.forget < 1:
            raise OptionError(f"forget must be a number from 0 and below 1, not {self.forget!r}")
        seeds.checked(self.seed)


class Side(nn.Module):
    """One tower above what is summed below it."""

    def __init__(self, tokens: int, settings: Settings) -> None:
        super().__init__()
        self.tokens = nn.EmbeddingBag(max(1, tokens), settings.dim, mode="mean", sparse=tokens > MANY)
        self.inner = nn.Linear(settings.dim, settings.hidden)
        self.outer = nn.Linear(settings.hidden, settings.dim, bias=False)

    def forward(self, below: Tensor, ids: Tensor, offsets: Tensor) -> Tensor:
        """(b, dim) of below (b, dim) and the tokens of each."""
        x = below + self.tokens(ids, offsets)
        return x + self.outer(torch.relu(self.inner(x)))

    def arrays(self, tokens: int) -> dict[str, np.ndarray]:
        """The weights, as `learn.tower.Tower` wants them."""
        return {
            "tokens": _array(self.tokens.weight)[:tokens], "inner": _array(self.inner.weight.T),
            "bias": _array(self.inner.bias), "outer": _array(self.outer.weight.T),
        }  # fmt: skip


class Towers(nn.Module):
    """Both sides, and what items are by themselves: as what was chosen, and as what may be."""

    def __init__(self, items: int, user_tokens: int, item_tokens: int, settings: Settings) -> None:
        super().__init__()
        self.own = nn.Embedding(items, settings.dim, sparse=items > MANY)
        self.history = nn.EmbeddingBag(items, settings.dim, mode="mean", sparse=items > MANY)
        self.users, self.items = Side(user_tokens, settings), Side(item_tokens, settings)
        random = torch.Generator().manual_seed(seeds.state(settings.seed, "two_tower.start") % 2**62)
        with torch.no_grad():
            for weights in self.parameters():
                nn.init.normal_(weights, 0.0, START, generator=random)

    def steppers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Adam for all weights, by the kind of their slopes."""
        bags = [
            each
            for each in self.modules()
            if isinstance(each, nn.Embedding | nn.EmbeddingBag) and each.sparse
        ]
        large = {id(each.weight): each.weight for each in bags}
        dense = [weights for weights in self.parameters() if id(weights) not in large]
        steps: list[torch.optim.Optimizer] = [torch.optim.Adam(dense, learning_rate)]
        return [*steps, torch.optim.SparseAdam(list(large.values()), learning_rate)] if large else steps


def teach(
    towers: Towers,
    seen: Ragged,
    user_rows: Ragged,
    item_rows: Ragged,
    settings: Settings,
    *,
    threads: int = 1,
) -> Iterator[Progress]:
    """Fit `towers` in place to `seen`, the items of each user, which count alike; yields after each epoch.

    `user_rows` and `item_rows` are the tokens of each. The same bits at the same number of threads. Raises `InputError`
    where nothing is seen, `Diverged` when a number is no longer finite.
    """
    if len(seen.ids) == 0:
        raise InputError("there is nothing to learn from: no user has seen any item")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield from _epochs(towers, seen, user_rows, item_rows, settings)
    finally:
        torch.set_num_threads(before)


def _epochs(
    towers: Towers, seen: Ragged, user_rows: Ragged, item_rows: Ragged, settings: Settings
) -> Iterator[Progress]:
    steps = towers.steppers(settings.learning_rate)
    counts = np.bincount(seen.ids, minlength=towers.own.num_embeddings)
    popularity = torch.from_numpy(np.log(np.maximum(counts, 1) / len(seen.ids)).astype(np.float32))
    owners = np.repeat(np.arange(len(seen)), seen.lengths)
    for epoch in range(settings.epochs):
        random = seeds.generator(settings.seed, "two_tower.epoch", epoch)
        order, total = random.permutation(len(seen.ids)), 0.0
        for start in range(0, len(seen.ids), settings.batch_size):
            chosen = order[start : start + settings.batch_size]
            u, i = owners[chosen], seen.ids[chosen].astype(np.int64)
            own = torch.from_numpy((random.random(len(i)) >= settings.forget).astype(np.float32))[:, None]
            ids, offsets = _histories(seen, u, i, random, settings.forget)
            left = towers.users(towers.history(ids, offsets), *_tokens(user_rows, u))
            right = towers.items(towers.own(torch.from_numpy(i)) * own, *_tokens(item_rows, i))
            loss = _loss(left @ right.T - popularity[i][None], i)
            for step in steps:
                step.zero_grad()
            loss.backward()
            for step in steps:
                step.step()
            total += float(loss.detach()) * len(chosen)
        mean = total / len(seen.ids)
        if not np.isfinite(mean):
            raise Diverged(
                f"the loss is no longer finite at epoch {epoch + 1}: try rate {settings.learning_rate / 10:g}"
            )
        done = (epoch + 1) * len(seen.ids)
        yield Progress(
            "training", done, settings.epochs * len(seen.ids), "pairs", mean, epoch + 1, settings.epochs
        )


def _loss(logits: Tensor, items: np.ndarray) -> Tensor:
    """Each row's own column against the others, but those of the same item."""
    ids = torch.from_numpy(items)
    same = (ids[None] == ids[:, None]).fill_diagonal_(False)
    return nn.functional.cross_entropy(logits.masked_fill(same, -torch.inf), torch.arange(len(ids)))


def _histories(
    seen: Ragged, users: np.ndarray, items: np.ndarray, random: np.random.Generator, forget: float
) -> tuple[Tensor, Tensor]:
    """What each user chose beside the item that is to be told: some of it, where it is much; nothing, for a share."""
    starts, lengths = seen.offsets[users], seen.lengths[users]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.repeat(np.arange(len(users)), lengths)
    ids = seen.ids[np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])]
    kept = (ids != items[rows]) & (random.random(len(ids)) * lengths[rows] < MOST)
    kept &= (random.random(len(users)) >= forget / 3)[rows]
    counts = np.bincount(rows[kept], minlength=len(users))
    bounds = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return torch.from_numpy(ids[kept].astype(np.int64)), torch.from_numpy(bounds.astype(np.int64))


def _tokens(rows: Ragged, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
    """The tokens of some rows, as a bag takes them."""
    lengths = rows.lengths[chosen]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = np.repeat(rows.offsets[chosen] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return torch.from_numpy(rows.ids[places].astype(np.int64)), torch.from_numpy(
        offsets[:-1].astype(np.int64)
    )


def _array(weights: Tensor) -> np.ndarray:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32).copy()


def arrays(towers: Towers, user_tokens: int, item_tokens: int) -> dict[str, dict[str, np.ndarray]]:
    """All that was learnt: "users" and "items" as towers; "own" and "history" (items, dim) under "tables"."""
    tables = {"own": _array(towers.own.weight), "history": _array(towers.history.weight)}
    return {
        "users": towers.users.arrays(user_tokens),
        "items": towers.items.arrays(item_tokens),
        "tables": tables,
    }
