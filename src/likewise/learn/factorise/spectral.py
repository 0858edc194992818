"""Spectral node embedding without walks: NetMF if its matrix fits into memory, else ProNE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.errors import OptionError
from likewise.learn.factorise import a_la_carte, netmf, prone
from likewise.learn.factorise.adjacency import Adjacency, symmetric

Method = Literal["netmf", "prone"]
NETMF_NODES = 20_000  # up to there NetMF takes at most 1.6 GB
WINDOW = 10


@dataclass(frozen=True)
class Spectral:
    """`vectors` (n, dim) float32, zeros where `isolated` (n,) bool; `values` (dim,) the weight of each column.

    `known` is for folding in new nodes: the NetMF, or the matrix (dim, dim) float32 of `a_la_carte`.
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
        """(m, dim) float32 of m new nodes from their edges to the n known: rows offsets (m + 1,), targets and weights.

        For NetMF see `netmf.NetMF.fold_in`, for ProNE `a_la_carte.fold_in`. Zeros for a node without edges.
        """
        if isinstance(self.known, netmf.NetMF):
            return self.known.fold_in(offsets, targets, weights, threads=threads)
        return a_la_carte.fold_in(self.vectors, self.known, offsets, targets, weights, threads=threads)


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
    """Vectors of the n nodes of a graph in rows: offsets (n + 1,), targets (e,), weights (e,) above 0 or None.

    Edges of a directed graph count in both directions; u → v and v → u are summed, and so are parallel edges. `method`
    None is NetMF up to 20,000 nodes and ProNE beyond. `window` is for NetMF (10): the longest walk that counts. The
    same seed gives the same bits at any number of threads. Raises `OptionError` if dim is more than the nodes with
    edges, or an option is out of its range or not for this method; `InputError` for invalid rows or no edge;
    `NotEnoughMemory` before the start.
    """
    if method not in (None, "netmf", "prone"):
        raise OptionError(f'method must be "netmf" or "prone", not {method!r}')
    graph = symmetric(offsets, targets, weights, directed=directed)
    selected: Method = method or ("netmf" if len(graph) <= NETMF_NODES else "prone")
    if selected == "netmf":
        return _netmf(graph, dim, WINDOW if window is None else window, negatives, seed, threads)
    if window is not None:
        raise OptionError(f'window={window} is for method="netmf"; ProNE has none, leave it out')
    return _prone(graph, dim, negatives, seed, threads)


def _netmf(graph: Adjacency, dim: int, window: int, negatives: float, seed: int, threads: int) -> Spectral:
    found = netmf.fit(graph, dim, window=window, negatives=negatives, seed=seed, threads=threads)
    return Spectral("netmf", found.vectors, found.values, graph.isolated, found)


def _prone(graph: Adjacency, dim: int, negatives: float, seed: int, threads: int) -> Spectral:
    connected = int(np.count_nonzero(~graph.isolated))
    if dim > connected > 0:
        raise OptionError(f"dim {dim} for {connected:,} nodes with edges; wanted from 1 to {connected:,}")
    found = prone.fit(graph, dim, negatives=negatives, seed=seed, threads=threads)
    transform = a_la_carte.fit(graph, found.vectors, threads=threads)
    return Spectral("prone", found.vectors, found.values, graph.isolated, transform)
