"""Node vectors without walks, the quick default: NetMF where its matrix fits, ProNE beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.errors import OptionError
from likewise.learn.factorise import a_la_carte as alacarte
from likewise.learn.factorise import netmf, prone
from likewise.learn.factorise.adjacency import Adjacency, symmetric

Method = Literal["netmf", "prone"]
NETMF_NODES = 20_000  # up to there NetMF takes at most 1.6 GB
WINDOW = 10


@dataclass(frozen=True)
class Spectral:
    """`vectors` (n, dim) float32, zeros where `isolated` (n,) bool; `values` (dim,) the weight of each column.

    `known` folds new nodes in: the NetMF itself with what it found, or the turn (dim, dim) float32 of `alacarte`.
    """

    method: Method
    vectors: np.ndarray
    values: np.ndarray
    isolated: np.ndarray
    known: netmf.NetMF | np.ndarray

    @property
    def dim(self) -> int:
        return self.vectors.shape[1]

    def fold_in(
        self, offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None, *, threads: int = 1
    ) -> np.ndarray:
        """(m, dim) float32 of m new nodes: their edges to the n known as rows offsets (m + 1,), targets and weights.

        Of NetMF as `netmf.NetMF.fold_in`, of ProNE as `alacarte.fold_in`. Zeros where a node has no edges.
        """
        if isinstance(self.known, netmf.NetMF):
            return self.known.fold_in(offsets, targets, weights, threads=threads)
        return alacarte.fold_in(self.vectors, self.known, offsets, targets, weights, threads=threads)


def fit(
    offsets: np.ndarray,
    targets: np.ndarray,
    dim: int = 128,
    *,
    weights: np.ndarray | None = None,
    directed: bool = False,
    method: Method | None = None,
    window: int | None = None,
    negatives: float = 1,
    seed: int = 0,
    threads: int = 1,
) -> Spectral:
    """Vectors of the n nodes of a graph in rows: offsets (n + 1,), targets (e,), weights (e,) above 0 or all alike.

    Edges of a directed graph are taken both ways, u → v and v → u added up; parallel edges too. `method` None takes
    NetMF up to 20,000 nodes and ProNE beyond. `window` is NetMF's (10): the longest walk that counts. The same seed
    gives the same bits at any number of threads. Raises `OptionError` where dim is more than the nodes with edges,
    or an option is out of its range or not the method's; `InputError` where there is no edge, or what is given is no
    graph; `NotEnoughMemory` before the start.
    """
    if method not in (None, "netmf", "prone"):
        raise OptionError(f'method must be "netmf" or "prone", not {method!r}')
    graph = symmetric(offsets, targets, weights, directed=directed)
    chosen: Method = method or ("netmf" if len(graph) <= NETMF_NODES else "prone")
    if chosen == "netmf":
        return _netmf(graph, dim, WINDOW if window is None else window, negatives, seed, threads)
    if window is not None:
        raise OptionError(f'window={window} is for method="netmf"; ProNE has none, leave it out')
    return _prone(graph, dim, negatives, seed, threads)


def _netmf(graph: Adjacency, dim: int, window: int, negatives: float, seed: int, threads: int) -> Spectral:
    found = netmf.fit(graph, dim, window=window, negatives=negatives, seed=seed, threads=threads)
    return Spectral("netmf", found.vectors, found.values, graph.isolated, found)


def _prone(graph: Adjacency, dim: int, negatives: float, seed: int, threads: int) -> Spectral:
    joined = int(np.count_nonzero(~graph.isolated))
    if dim > joined > 0:
        raise OptionError(f"dim {dim} of {joined:,} nodes with edges; wanted from 1 to {joined:,}")
    found = prone.fit(graph, dim, negatives=negatives, seed=seed, threads=threads)
    turn = alacarte.fit(graph, found.vectors, threads=threads)
    return Spectral("prone", found.vectors, found.values, graph.isolated, turn)
