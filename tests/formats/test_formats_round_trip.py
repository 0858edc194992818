"""What is written is read back: any key that a format holds, every float32 as it was."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from likewise import formats
from likewise.errors import InputError, OptionError, OutputExists
from likewise.table import Table

FILES = {
    "word2vec": "t.txt",
    "word2vec-binary": "t.bin",
    "fasttext": "t.vec",
    "glove": "t.txt",
    "npy": "t.npy",
    "parquet": "t.parquet",
    "projector": "vectors.tsv",
    "jsonl": "t.jsonl",
}
FORBIDDEN = dict.fromkeys(("word2vec", "word2vec-binary", "fasttext", "glove"), " \t\n\v\f\r")
FORBIDDEN["projector"] = "\t\n\r"
COUNTED = ("npy", "parquet", "projector", "jsonl")
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ANY_TEXT = st.text(max_size=12)
in_one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def tables(draw, keys=ANY_TEXT):
    drawn = draw(st.lists(keys, min_size=1, max_size=8, unique=True))
    dim = draw(st.integers(2, 5))
    vectors = draw(
        st.lists(st.lists(FLOATS, min_size=dim, max_size=dim), min_size=len(drawn), max_size=len(drawn))
    )
    counts = draw(st.none() | st.just(np.arange(len(drawn)) * 3))
    return Table(drawn, np.array(vectors, np.float32), counts=counts)


def assert_same(read, table):
    assert read.keys == table.keys
    assert read.vectors.tobytes() == table.vectors.tobytes()  # bit by bit, so that -0.0 is no 0.0


def holds(name, key):
    return not set(FORBIDDEN.get(name, "")) & set(key)


@pytest.mark.parametrize("name", FILES)
@given(table=tables())
@in_one_folder
def test_what_is_written_is_read(tmp_path, name, table):
    path = tmp_path / FILES[name]
    if all(holds(name, key) for key in table.keys):
        formats.write(table, path, format=name, overwrite=True)
        read = formats.read(path, format=name)
        assert_same(read, table)
        if name in COUNTED and table.counts is not None:
            assert read.counts.tolist() == table.counts.tolist()
        else:
            assert read.counts is None
    else:
        with pytest.raises(InputError, match="cannot hold the key"):
            formats.write(table, path, format=name, overwrite=True)


@pytest.mark.parametrize("name", FORBIDDEN)
@given(table=tables(st.text(alphabet=st.sampled_from(" %\n\t\r\v\f20Ad\0\x1b\N{NO-BREAK SPACE}é☃"))))
@in_one_folder
def test_white_space_can_be_escaped_in_every_key(tmp_path, name, table):
    path = tmp_path / FILES[name]
    formats.write(table, path, format=name, spaces="escape", overwrite=True)
    assert_same(formats.read(path, format=name, spaces="escape"), table)


@pytest.mark.parametrize("name", FILES)
def test_tables_of_more_than_one_block(tmp_path, monkeypatch, name):
    monkeypatch.setattr("likewise.formats.numbers.NUMBERS", 64)
    monkeypatch.setattr("likewise.formats.lines.BLOCK_BYTES", 100)
    monkeypatch.setattr("likewise.formats.binary.BLOCK_BYTES", 100)
    monkeypatch.setattr("likewise.formats.parquet.BATCH", 7)
    monkeypatch.setattr("likewise.formats.jsonl.TOGETHER", 7)
    rng = np.random.default_rng(2)
    n, dim = 300, 17
    table = Table([f"ключ{i}" for i in range(n)], rng.normal(size=(n, dim)), counts=np.arange(n))
    path = tmp_path / FILES[name]
    formats.write(table, path, format=name)
    read = formats.read(path, format=name)
    assert_same(read, table)
    assert (read.counts is not None) == (name in COUNTED)
    assert read.facts == {"read": {"format": name, "file": path.name}}


@pytest.mark.parametrize("name", [*FILES, "word2vec-binary"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_name_or_the_content_tells_the_format(tmp_path, name, packed):
    table = Table(
        ["king", "queen", ". . ."][: 2 if holds(name, "x") else 3], np.array([[0.1, 2], [3, -1e-9]])
    )
    ending = ".gz" if packed else ""
    path = tmp_path / (FILES[name] + ending)
    if packed and name in ("npy", "parquet"):
        with pytest.raises(OptionError, match="is not gzipped"):
            formats.write(table, path)
        return
    formats.write(table, path, format=name)
    assert_same(formats.read(path), table)
    if packed:
        again = path.read_bytes()
        formats.write(table, path, format=name, overwrite=True)
        assert path.read_bytes() == again  # no time inside
        assert gzip.decompress(again)
    if name not in ("npy", "projector"):
        unnamed = path.rename(tmp_path / "unnamed")
        assert_same(formats.read(unnamed), table)


def test_an_output_is_not_replaced_unasked(tmp_path):
    table = Table(["a"], [[1.0, 2.0]])
    (tmp_path / "t.keys.jsonl").write_text("kept")
    with pytest.raises(OutputExists, match=r"t\.keys\.jsonl is there already"):
        formats.write(table, tmp_path / "t.npy")
    assert not (tmp_path / "t.npy").exists()
    formats.write(table, tmp_path / "t.npy", overwrite=True)
    assert_same(formats.read(tmp_path / "t.npy"), table)


@pytest.mark.parametrize("name", FILES)
def test_a_failed_write_leaves_the_old_file(tmp_path, name):
    path = tmp_path / FILES[name]
    table = Table(["old"], [[1.0, 2.0]])
    formats.write(table, path, format=name)
    before = sorted(tmp_path.iterdir())
    bad = Table(["good", "half \ud800 pair"], np.ones((2, 2)))
    with pytest.raises(InputError, match=r"surrogate|cannot hold"):
        formats.write(bad, path, format=name, overwrite=True)
    assert_same(formats.read(path, format=name), table)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", FILES)
def test_tables_without_keys(tmp_path, name):
    empty = Table([], np.empty((0, 3), np.float32))
    if name in ("glove", "projector", "jsonl"):
        with pytest.raises(InputError, match="cannot hold a table without keys"):
            formats.write(empty, tmp_path / FILES[name], format=name)
    else:
        formats.write(empty, tmp_path / FILES[name], format=name)
        read = formats.read(tmp_path / FILES[name], format=name)
        assert (len(read), read.dim) == (0, 3)


def test_options_that_cannot_be(tmp_path):
    table = Table(["a"], [[1.0]])
    with pytest.raises(OptionError, match="'t' does not say its format"):
        formats.write(table, tmp_path / "t")
    with pytest.raises(OptionError, match="format must be one of 'word2vec'"):
        formats.write(table, tmp_path / "t.txt", format="w2v")
    with pytest.raises(OptionError, match="duplicates must be one of"):
        formats.read(tmp_path / "t.txt", duplicates="all")
    with pytest.raises(OptionError, match="spaces must be one of"):
        formats.write(table, tmp_path / "t.txt", spaces="drop")
    with pytest.raises(InputError, match=r"nothing\.txt cannot be read: No such file"):
        formats.read(tmp_path / "nothing.txt")
    for name, file in FILES.items():
        with pytest.raises(InputError):
            formats.read(tmp_path / f"missing-{file}", format=name)
