from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from likewise.arrays.spelling import Spelling
from likewise.encoder import Encoder
from likewise.errors import ArtifactError, InputError, LikewiseError, OptionError, UnknownKey, WrongType
from likewise.table import Neighbour, Table

KEYS = ["king", "queen", "man", "woman", "kong", "zero"]
VECTORS = np.array([[2, 1, 0], [2, -1, 0], [0, 1, 0.5], [0, -1, 0.5], [0, 0, 1], [0, 0, 0]], np.float32)


@pytest.fixture
def table():
    return Table(KEYS, VECTORS, counts=np.array([5, 9, 9, 1, 2, 3]))


def cosine(a, b):
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norms) if norms else 0.0


def slow_similar(table, item):
    at = table.keys.index(item)
    scores = [(-cosine(table.vectors[at], row), i) for i, row in enumerate(table.vectors) if i != at]
    return [table.keys[i] for _, i in sorted(scores)]


def test_a_table_is_an_encoder_of_its_keys(table):
    assert isinstance(table, Encoder)
    assert (len(table), table.dim, list(table)) == (6, 3, KEYS)
    assert "king" in table
    assert "kng" not in table
    assert 3 not in table
    np.testing.assert_array_equal(table["queen"], VECTORS[1])
    assert [table.index(key) for key in KEYS] == list(range(6))


def test_float32_vectors_are_not_copied_and_cannot_be_changed(tmp_path, table):
    assert np.shares_memory(table.vectors, VECTORS)
    assert VECTORS.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        table["king"][0] = 3
    np.save(tmp_path / "v.npy", VECTORS)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    assert np.shares_memory(Table(KEYS, mapped).vectors, mapped)
    assert Table(KEYS, VECTORS.astype(np.float64)).vectors.dtype == np.float32


def test_unknown_keys_name_the_nearest(table):
    with pytest.raises(UnknownKey) as caught:
        table.index("kng")
    assert str(caught.value) == "'kng' is not among the 6 keys; nearest: 'king', 'kong'"
    with pytest.raises(KeyError, match=r"'☃' is not among the 6 keys$"):
        table["☃"]
    with pytest.raises(UnknownKey, match=r"'\\x1b\[31m' is not"):
        table["\x1b[31m"]


def test_encode_gives_zeros_for_unknown_items(table):
    vectors = table.encode(["kng", "man", "man", ""])
    np.testing.assert_array_equal(vectors, [[0, 0, 0], VECTORS[2], VECTORS[2], [0, 0, 0]])
    assert vectors.dtype == np.float32
    vectors[:] = 7
    np.testing.assert_array_equal(table["man"], VECTORS[2])
    assert table.encode([]).shape == (0, 3)
    assert table.known(["kng", "man"]).tolist() == [False, True]
    assert table.known([]).shape == (0,)


def test_one_key_gives_its_one_vector(table):
    np.testing.assert_array_equal(table.encode("man"), VECTORS[2])
    np.testing.assert_array_equal(table.encode("kng"), np.zeros(3))


@pytest.mark.parametrize("ask", ["known", "subset", "odd_one_out"])
def test_one_string_is_refused(table, ask):
    with pytest.raises(WrongType, match="got one str; wrap it in a list"):
        getattr(table, ask)("king")
    with pytest.raises(WrongType, match=r"an item is a str, not int|got one bytes"):
        getattr(table, ask)([3])


def test_the_key_as_it_stands_comes_before_its_spelling():
    table = Table(["é", "Paris", "paris"], np.eye(3), spelling=Spelling(form="NFC", case="lower"))
    assert table.index("Paris") == 1
    assert table.index("PARIS") == 2
    assert table.index("E\N{COMBINING ACUTE ACCENT}") == 0
    assert "e\N{COMBINING ACUTE ACCENT}" in table
    assert [len(table.similar(form, 1)) for form in ("é", "É", "é", "É")] == [1] * 4


def test_similar_is_a_sort_by_cosine_without_the_item(table):
    for key in KEYS[:-1]:
        assert [neighbour.key for neighbour in table.similar(key)] == slow_similar(table, key)
    best = table.similar("king", 1)[0]
    assert isinstance(best, Neighbour)
    assert best.key == "queen"
    assert best.score == pytest.approx(0.6)
    assert table.similarity("king", "queen") == best.score
    assert table.similarity("king", "zero") == 0


def test_zero_vectors_are_answers_but_no_questions(table):
    assert ("zero", 0.0) in table.similar("king")
    with pytest.raises(InputError, match="vector of 'zero' is zero"):
        table.similar("zero")


@pytest.mark.parametrize(("k", "n"), [(0, 0), (1, 1), (5, 5), (6, 6), (10**9, 6), (np.int64(2), 2)])
def test_k_is_at_most_what_there_is(table, k, n):
    assert len(table.nearest([1, 1, 1], k)) == n
    assert len(table.similar("man", k)) == min(n, 5)
    assert len(table.analogy("man", "king", "woman", k)) == min(n, 3)
    assert table.nearest_many(VECTORS[:5], k)[0].shape == (5, n)


@pytest.mark.parametrize("k", [-1, 1.5, "ten", None, True])
@pytest.mark.parametrize("ask", ["similar", "nearest", "nearest_many", "analogy", "multiply", "head"])
def test_k_that_is_no_number_of_things(table, k, ask):
    asks = {
        "similar": lambda: table.similar("man", k),
        "nearest": lambda: table.nearest([1, 1, 1], k),
        "nearest_many": lambda: table.nearest_many(VECTORS[:5], k),
        "analogy": lambda: table.analogy("man", "king", "woman", k),
        "multiply": lambda: table.analogy("man", "king", "woman", k, method="multiply"),
        "head": lambda: table.head(k),
    }
    with pytest.raises(OptionError, match="must be a whole number from 0"):
        asks[ask]()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ([1, np.nan, 0], "not finite"),
        ([1, np.inf, 0], "not finite"),
        ([0, 0, 0], "is zero"),
        (np.ones(384), "query has 384 numbers, the table 3"),
        (np.ones((1, 3)), "one row of 3 numbers"),
        (["a", "b", "c"], "numbers, not"),
    ],
)
def test_queries_that_cannot_be_asked(table, query, why):
    with pytest.raises(InputError, match=why):
        table.nearest(query)
    with pytest.raises(InputError):
        table.nearest_many([VECTORS[0], query] if np.shape(query) == (3,) else np.ones((3, 2)))


def test_queries_at_the_ends_of_float64(table):
    assert table.nearest(np.array([-128, 0, 0], np.int8), 6)[-1] == (
        "queen",
        pytest.approx(-0.8944, abs=1e-3),
    )
    for scale in (1e-320, 1e-300, 1e300):
        assert table.nearest(np.array([2, 1, 0]) * scale, 1) == [("king", pytest.approx(1))]


def test_nearest_leaves_out_what_it_is_told(table):
    assert [n.key for n in table.nearest([2, 1, 0], 2, leave_out=["king", "kng"])] == ["queen", "man"]
    columns, scores = table.nearest_many(VECTORS[:5], 2)
    assert [KEYS[first] for first in columns[:, 0]] == KEYS[:5]
    np.testing.assert_allclose(scores[:, 0], 1)
    assert scores.dtype == np.float32


def test_ties_come_in_the_order_of_the_keys():
    table = Table(list("abcdef"), np.ones((6, 4)))
    assert [n.key for n in table.similar("c", 3)] == ["a", "b", "d"]
    assert [n.key for n in table.nearest(np.ones(4), 9)] == list("abcdef")


@pytest.mark.parametrize("method", ["add", "multiply"])
def test_analogy_finds_the_fourth_corner(table, method):
    found = table.analogy("man", "king", "woman", method=method)
    assert found[0].key == "queen"
    assert not {"man", "king", "woman"} & {neighbour.key for neighbour in found}
    assert len(found) == 3


def test_analogy_scores_are_the_papers():
    rng = np.random.default_rng(3)
    table = Table([f"w{i}" for i in range(40)], rng.normal(size=(40, 8)).astype(np.float32))
    a, b, c = (table[key].astype(np.float64) / np.linalg.norm(table[key]) for key in ("w0", "w1", "w2"))

    def multiply(x):
        shifted = {name: (1 + cosine(x, v)) / 2 for name, v in {"a": a, "b": b, "c": c}.items()}
        return shifted["b"] * shifted["c"] / (shifted["a"] + 0.001)

    for method, score in {"add": lambda x: cosine(x, b - a + c), "multiply": multiply}.items():
        wanted = sorted(((score(table[key]), key) for key in table.keys[3:]), reverse=True)[:10]
        found = table.analogy("w0", "w1", "w2", method=method)
        assert [n.key for n in found] == [key for _, key in wanted]
        np.testing.assert_allclose([n.score for n in found], [score for score, _ in wanted], rtol=1e-5)


def test_analogy_of_words_it_does_not_know(table):
    with pytest.raises(UnknownKey, match="'kng'"):
        table.analogy("man", "kng", "woman")
    with pytest.raises(OptionError, match='"add" or "multiply"'):
        table.analogy("man", "king", "woman", method="subtract")
    assert table.analogy("man", "man", "woman", 1)[0].key == "kong"


def test_odd_one_out():
    vectors = np.array([[9, 1], [1, 0.1], [1, 0], [0, 1]])
    table = Table(["lion", "tiger", "cat", "spoon"], vectors)
    assert table.odd_one_out(["lion", "spoon", "unknown", "tiger"]) == "spoon"
    with pytest.raises(InputError, match="needs 3 known items"):
        table.odd_one_out(["lion", "tiger", "unknown"])


def test_subset_and_head_keep_what_belongs_together(table):
    subset = table.subset(["woman", "king"])
    assert subset.keys == ["woman", "king"]
    np.testing.assert_array_equal(subset.vectors, VECTORS[[3, 0]])
    assert subset.counts.tolist() == [1, 5]
    assert table.head(3).keys == ["queen", "man", "king"]
    assert Table(KEYS, VECTORS).head(2).keys == ["king", "queen"]
    assert table.head(100).keys == ["queen", "man", "king", "zero", "kong", "woman"]
    assert len(table.subset([])) == len(table.head(0)) == 0
    with pytest.raises(UnknownKey):
        table.subset(["kng"])


def test_the_empty_table_and_the_single_row():
    empty = Table([], np.empty((0, 4), np.float32))
    assert (len(empty), empty.dim, repr(empty)) == (0, 4, "Table(0 keys × 4)")
    assert empty.encode(["a"]).tolist() == [[0, 0, 0, 0]]
    assert empty.nearest(np.ones(4)) == []
    assert empty.nearest_many(np.ones((2, 4)))[0].shape == (2, 0)
    with pytest.raises(UnknownKey, match=r"'a' is not among the 0 keys$"):
        empty.similar("a")
    single = Table(["a"], [[3, 4]])
    assert single.similar("a") == []
    assert single.nearest([3, 4]) == [("a", 1.0)]
    assert single.nearest_many(np.empty((0, 2)))[0].shape == (0, 1)


@pytest.mark.parametrize(
    ("keys", "vectors", "error", "why"),
    [
        (list("abcabca"), np.ones((7, 2)), InputError, "3 keys stand more than once, such as 'a', 'b', 'c';"),
        (["a", "b"], np.ones((3, 2)), InputError, r"2 keys want vectors of shape \(2, dim\), not \(3, 2\)"),
        (["a", "b"], np.ones(2), InputError, r"not \(2,\)"),
        (["a"], np.ones((1, 0)), InputError, r"not \(1, 0\)"),
        (["a", "b"], [[1, 2], [1, np.nan]], InputError, r"'b' \(row 1\) has numbers that are not finite"),
        (["a", "b"], [[-np.inf, 2], [1, 2]], InputError, r"'a' \(row 0\)"),
        (["a"], [[1e39]], InputError, "not finite in float32"),
        ([3], [[1.0]], WrongType, "a key is a str, not int"),
        ("a", [[1.0]], WrongType, "got one str"),
        (["a"], [["x"]], WrongType, "vectors are numbers"),
        (["a"], np.array([[1j]]), WrongType, "vectors are numbers"),
    ],
)
def test_tables_that_cannot_be(keys, vectors, error, why):
    with pytest.raises(error, match=why) as caught:
        Table(keys, vectors)
    assert isinstance(caught.value, LikewiseError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("counts", [[1], [1, -1], [1.5, 2], [[1, 2]]])
def test_counts_that_cannot_be(counts):
    with pytest.raises(InputError, match="counts must be 2 whole numbers"):
        Table(["a", "b"], np.ones((2, 2)), counts=counts)


def test_unit_rows_are_not_held_twice():
    rows = np.array([[1, 0], [0, -1], [0, 0]], np.float32)
    table = Table(list("abc"), rows)
    assert np.shares_memory(table.unit, rows)
    scaled = Table(list("abc"), rows * 2)
    assert scaled.unit is scaled.unit
    np.testing.assert_array_equal(scaled.unit, rows)


def test_what_is_shown_is_escaped():
    table = Table(["<script>", "\x1b[31m", "c", "d"], np.ones((4, 9)))
    shown = table._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "\x1b" not in shown + repr(table)
    assert repr(table).startswith("Table(4 keys × 9: '<script>', ")


def test_a_table_can_be_copied_and_sent_to_another_process(table):
    for other in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert other.keys == table.keys
        np.testing.assert_array_equal(other.vectors, table.vectors)
        assert other.similar("king") == table.similar("king")


def test_contents_hold_everything():
    pytest.importorskip("likewise.artifacts.artifact")
    spelling = Spelling(form="NFC", case="lower")
    table = Table(KEYS, VECTORS, counts=np.arange(6), spelling=spelling, facts={"seed": 7})
    contents = table.contents()
    assert (contents.kind, contents.keys) == ("table", KEYS)
    assert contents.facts == {"spelling": {"form": "NFC", "case": "lower"}, "made": {"seed": 7}}
    again = Table.from_contents(contents)
    assert (again.keys, again.spelling, again.facts) == (KEYS, spelling, {"seed": 7})
    assert again.counts.tolist() == list(range(6))
    np.testing.assert_array_equal(again.vectors, VECTORS)
    for spelt in ({"form": "evil"}, {"case": "upper"}, {"what": 1}, 3):
        broken = type(contents)("table", {"spelling": spelt}, contents.arrays, KEYS, None)
        with pytest.raises(ArtifactError, match="cannot be spelt by"):
            Table.from_contents(broken)
    with pytest.raises(ArtifactError, match="is no table"):
        Table.from_contents(type(contents)("other", {}, {}, None, None))
