from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import coo_array, csc_matrix, csr_array, random_array

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, read
from likewise.errors import InputError, OptionError

networkx = pytest.importorskip("networkx")


def test_a_sparse_matrix_and_its_graph_agree() -> None:
    matrix = random_array((30, 30), density=0.1, random_state=np.random.default_rng(3), format="csr")
    graph = read(matrix)
    assert graph.directed
    back = csr_array((graph.weights, graph.targets, graph.offsets), shape=(30, 30))
    assert abs(back - matrix).max() < 1e-7
    assert graph.names == [str(i) for i in range(30)]
    both = matrix + matrix.T
    graph = read(both)
    assert not graph.directed
    back = csr_array((graph.weights, graph.targets, graph.offsets), shape=(30, 30))
    assert abs(back - both).max() < 1e-6
    assert graph.reading.parallel == 0
    assert read(both, directed=True).directed
    assert read(csc_matrix(both)).triples().tolist() == graph.triples().tolist()


def test_matrices_that_are_no_graphs_are_refused() -> None:
    with pytest.raises(InputError, match="as many rows as columns"):
        read(csr_array((2, 3)))
    with pytest.raises(InputError, match="not symmetric"):
        read(csr_array(np.array([[0, 1], [0, 0]])), directed=False)
    with pytest.raises(InputError, match=r"edge 1, '0' to '1', has the weight -1"):
        read(csr_array(np.array([[0, -1], [-1, 0]])))
    with pytest.raises(InputError, match="has the weight nan"):
        read(csr_array(np.array([[0, np.nan], [1, 0]])))
    with pytest.raises(InputError, match="3 nodes are named"):
        read(csr_array(np.eye(2)), nodes=["a", "b", "c"])
    with pytest.raises(OptionError, match="a matrix has none"):
        read(csr_array(np.eye(2)), weight="w")
    named = read(csr_array(np.array([[0, 1], [1, 0]])), nodes=["a", "b"])
    assert (named.names, named.weights, named.size) == (["a", "b"], None, 1)
    twice = coo_array((np.ones(2), ([0, 0], [1, 1])), shape=(2, 2))
    assert read(twice).size == 1


def test_networkx_graphs_agree() -> None:
    given = networkx.karate_club_graph()
    graph = read(given)
    assert graph.names == [str(i) for i in range(34)]
    assert not graph.directed
    assert graph.degrees.tolist() == [degree for _, degree in given.degree()]
    assert {(h, t): w for (h, _, t), w in zip(graph.triples().tolist(), _once(graph), strict=True)} == {
        (min(u, v), max(u, v)): data["weight"] for u, v, data in given.edges(data=True)
    }
    several = networkx.MultiDiGraph()
    several.add_node("c", label="Sea", type="water")
    several.add_edge("a", "b", kind="likes", w=2)
    several.add_edge("a", "b", kind="knows", w=3)
    several.add_edge("a", "b", kind="knows", w=4)
    graph = read(several, relation="kind", weight="w")
    assert graph.names == ["c", "a", "b"]
    assert graph.triples().tolist() == [[1, 0, 2], [1, 1, 2]]
    assert graph.weights.tolist() == [2, 7]
    assert (graph.labels, graph.type_names, graph.types.tolist()) == (["Sea", "", ""], ["water"], [0, -1, -1])
    bad = networkx.Graph()
    bad.add_edge(1, 2, weight="heavy")
    with pytest.raises(InputError, match="the edge 1 to 2 has the weight 'heavy'"):
        read(bad)
    clash = networkx.Graph([(1, "1")])
    with pytest.raises(InputError, match="two nodes are named '1'"):
        read(clash)


def _once(graph: Graph) -> list[float]:
    return graph.weights[graph.sources() <= graph.targets].tolist()


def test_mat_files(tmp_path: Path, shared_data: Path) -> None:
    graph = read(shared_data / "graphs" / "blogcatalog.mat")
    assert (len(graph), graph.size, graph.directed, graph.weights) == (10_312, 333_983, False, None)
    path = tmp_path / "made.mat"
    savemat(path, {"one": csr_array(np.eye(2)), "two": csr_array(np.ones((3, 3)))})
    with pytest.raises(
        InputError, match=r"2 square sparse matrices, 'one', 'two'; give one of them as variable="
    ):
        read(path)
    assert len(read(path, details=Details(variable="two"))) == 3
    with pytest.raises(InputError, match="not 'six'"):
        read(path, details=Details(variable="six"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"damaged, or not a MATLAB file"):
        read(path)
    path.write_bytes(b"not at all a file of MATLAB" * 20)
    with pytest.raises(InputError, match=r"damaged, or not a MATLAB file"):
        read(path)


@pytest.mark.parametrize(
    ("name", "nodes", "relations", "edges"),
    [("FB15k-237", 14_541, 237, 310_116), ("WN18RR", 40_943, 11, 93_003), ("umls", 135, 46, 6_529)],
)
def test_published_triples_have_their_published_counts(
    tmp_path: Path, shared_data: Path, name: str, nodes: int, relations: int, edges: int
) -> None:
    paths = []
    with tarfile.open(shared_data / "graphs" / "kg" / f"{name}.tar.gz") as archive:
        for member in archive:
            if member.isfile() and (raw := archive.extractfile(member)) is not None:
                paths.append(tmp_path / Path(member.name).name)
                paths[-1].write_bytes(raw.read())
    graph = read(sorted(paths))
    assert (len(graph), len(graph.relation_names), graph.size) == (nodes, relations, edges)
    assert graph.directed
