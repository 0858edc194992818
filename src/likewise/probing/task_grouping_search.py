"""Branch and bound over the ways to serve tasks by groups.

Each task is served by one group; those that one group serves are a block, and blocks part the tasks. What a block V
scores in the best group with it has a short answer: with e more tasks in the group, each task x of them adds the sum
of what it gives to V, and all is divided by |V| + e - 1; so the e best x are taken, and the best e.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

SURE = 1e-12  # of the largest affinity: less than that is rounding


def best_blocks(matrix: np.ndarray, k: int) -> list[int]:
    """At most k groups, as bits, each task in one of them or more, whose score is largest.

    matrix (t, t) finite, what i gives to j in row j and column i, zeros on the diagonal.
    """
    search = Search(matrix, k)
    search.descend(0, [])
    return [search.block(served)[1] for served in search.blocks]


@dataclass
class Search:
    """`matrix` and `k` as `best_blocks` takes them; `blocks` are the best yet, of the score `best`."""

    matrix: np.ndarray
    k: int
    best: float = -np.inf
    blocks: list[int] = field(default_factory=list)
    known: dict[int, tuple[float, int]] = field(default_factory=dict)
    hopes: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.matrix)
        others = self.matrix + np.where(np.eye(n, dtype=bool), -np.inf, 0.0)
        self.most = others.max(axis=1)  # that a task can score in any group
        # Tasks that lose most by a wrong partner come first, so that wrong ways end early.
        self.order = np.argsort(-(self.most - np.median(others, axis=1)), kind="stable").tolist()
        self.left = np.append(np.cumsum(self.most[self.order][::-1])[::-1], 0.0)
        self.sure = SURE * max(1e-300, float(np.abs(self.matrix).max()))

    def descend(self, depth: int, blocks: list[int]) -> None:
        """Give the next task to each of the blocks, or to a new one, where that may still be best."""
        if depth == len(self.order):
            score = sum(self.block(block)[0] for block in blocks)
            if score > self.best + self.sure:
                self.best, self.blocks = score, list(blocks)
            return
        if self.bound(depth, blocks) <= self.best + self.sure:
            return
        bit = 1 << self.order[depth]
        ways = [[*blocks[:i], block | bit, *blocks[i + 1 :]] for i, block in enumerate(blocks)]
        if len(blocks) < self.k:
            ways.append([*blocks, bit])
        bounds = [self.bound(depth + 1, way) for way in ways]
        for i in sorted(range(len(ways)), key=lambda i: -bounds[i]):
            if bounds[i] > self.best + self.sure:
                self.descend(depth + 1, ways[i])

    def bound(self, depth: int, blocks: list[int]) -> float:
        """No way to serve the tasks from `depth` on, with these blocks, scores more."""
        score = sum(self.block(block)[0] for block in blocks)
        if len(blocks) < self.k:
            return score + float(self.left[depth])
        rest = self.order[depth:]
        return score + float(np.maximum.reduce([self.hope(block) for block in blocks])[rest].sum())

    def block(self, served: int) -> tuple[float, int]:
        """The largest score of the tasks `served` (bits) together, and the group in which they have it."""
        if served not in self.known:
            members, others = self.parted(served)
            gives = self.matrix[np.ix_(members, others)].sum(axis=0)
            order = np.argsort(-gives, kind="stable")
            total = self.matrix[np.ix_(members, members)].sum()
            sums = np.concatenate([[total], total + np.cumsum(gives[order])])
            sizes = len(members) - 1 + np.arange(len(sums))
            first = int(len(members) == 1)  # alone, a task has nobody to give to it
            more = first + int(np.argmax(sums[first:] / sizes[first:]))
            taken = sum(1 << others[i] for i in order[:more])
            self.known[served] = float(sums[more] / sizes[more]), served | taken
        return self.known[served]

    def hope(self, served: int) -> np.ndarray:
        """(t,): no more than this scores a task that joins the block, whoever else does."""
        if served not in self.hopes:
            members, others = self.parted(served)
            sure = self.matrix[:, members].sum(axis=1)
            more = -np.sort(-self.matrix[np.ix_(range(len(self.matrix)), others)], axis=1)
            sums = np.concatenate([sure[:, None], sure[:, None] + np.cumsum(more, axis=1)], axis=1)
            self.hopes[served] = (sums / (len(members) + np.arange(sums.shape[1]))).max(axis=1)
        return self.hopes[served]

    def parted(self, served: int) -> tuple[list[int], list[int]]:
        """The tasks of a block, and the others."""
        n = len(self.matrix)
        return [t for t in range(n) if served >> t & 1], [t for t in range(n) if not served >> t & 1]
