"""Settings and state of a knowledge-graph model: what is trained and how, and how far the training is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.learn.knowledge_graph import scores
from likewise.learn.knowledge_graph.scores import COMPLEX, DISTANCES, METHODS, Method
from likewise.system import seeds

INITIAL_STD = {"transe": 0.1, "distmult": 1e-3, "complex": 1e-3, "rotate": 0.1}  # of the first vectors
RANGES = {"dim": 65536, "epochs": 1_000_000, "batch_size": 2**20, "negatives": 2**20}  # from 1 to this


@dataclass(frozen=True)
class Settings:
    """The options of a training; each changes the vectors and is recorded with them."""

    method: Method = "complex"
    dim: int = (
        200  # of an entity's vector; `complex` and `rotate` use it as dim / 2 complex numbers (the rank)
    )
    epochs: int = 30
    learning_rate: float = 0.1  # of AdaGrad; it falls linearly to 0
    # The weight of N3, Σ |x|³ over head, relation and tail of a triple. The one setting to try several values of:
    # sparse graphs need more (WN18RR 0.1), small and dense ones less. None: 0.05 for `distmult` and `complex`, else 0.
    regularisation: float | None = None
    batch_size: int = 500  # queries of one step, or triples with `negatives`
    negatives: int | None = None  # entities sampled for a batch; None: all, which trains better per step
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}")
        for name, most in RANGES.items():
            value = getattr(self, name)
            if name == "negatives" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if self.method in COMPLEX and self.dim % 2:
            raise OptionError(
                f"dim must be even for {self.method}, whose vectors are complex, not {self.dim}"
            )
        if not _is_number(self.learning_rate) or not 0 < self.learning_rate < np.inf:
            raise OptionError(f"learning_rate must be a number above 0, not {self.learning_rate!r}")
        if not _is_number(self.n3_weight) or not 0 <= self.n3_weight < np.inf:
            raise OptionError(f"regularisation must be a number, 0 or more, not {self.regularisation!r}")
        seeds.checked(self.seed)

    @property
    def n3_weight(self) -> float:
        """`regularisation`, or its default for the method."""
        if self.regularisation is not None:
            return self.regularisation
        return 0.0 if self.method in DISTANCES else 0.05


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass
class State:
    """A training that can be stopped and resumed: entities (n, dim) float32, and how far it is.

    `relations` are the parameters of `scores.relation_shape`: (2r, dim) for `distmult` and `complex`, the
    inverses last; (r, dim) for `transe`; (r, dim / 2) angles for `rotate`. The squares are AdaGrad's sums of squared
    gradients.
    """

    entities: np.ndarray
    relations: np.ndarray
    entity_squares: np.ndarray
    relation_squares: np.ndarray
    epoch: int = 0
    batch: int = 0  # of the current epoch
    loss: float = 0.0  # summed over the triples of these batches
    seen: int = 0  # how many triples those are
    losses: list[float] = field(default_factory=list)  # mean loss per triple, one for each finished epoch


def initialise(entities: int, relations: int, settings: Settings) -> State:
    """Small normally distributed vectors; rotations by angles uniform in ±π."""
    if entities < 1 or relations < 1:
        raise InputError(f"{entities} entities and {relations} relations; at least one of each is needed")
    random, std = seeds.generator(settings.seed, "triples.start"), np.float32(INITIAL_STD[settings.method])
    shape = scores.relation_shape(settings.method, relations, settings.dim)
    entity_rows = random.standard_normal((entities, settings.dim), np.float32) * std
    if settings.method == "rotate":
        relation_rows = (random.random(shape, np.float32) * 2 - 1) * np.float32(np.pi)
    else:
        relation_rows = random.standard_normal(shape, np.float32) * std
    return State(entity_rows, relation_rows, np.zeros_like(entity_rows), np.zeros_like(relation_rows))


def restore(
    entities: np.ndarray, relations: np.ndarray, entity_squares: np.ndarray, relation_squares: np.ndarray,
    epoch: int, batch: int, loss: float, seen: int, losses: list[float],
) -> State:  # fmt: skip
    """The state of a checkpoint; the rows are copied, for they may be a read-only memory map."""
    rows = [np.array(part, np.float32) for part in (entities, relations, entity_squares, relation_squares)]
    return State(rows[0], rows[1], rows[2], rows[3], epoch, batch, loss, seen, list(losses))
