"""Files cut, damaged or not what they seem: one line that names the place, and nothing half-loaded."""

from __future__ import annotations

import contextlib
import gzip
import json
import pickle

import numpy as np
import pytest

from likewise import formats
from likewise.errors import InputError
from likewise.table import Table

FILES = ["t.txt", "t.bin", "t.vec", "t.npy", "t.parquet", "vectors.tsv", "t.jsonl", "t.txt.gz", "t.jsonl.gz"]
TABLE = Table([f"key{i}é" for i in range(60)], np.random.default_rng(4).normal(size=(60, 9)))


def refused(path, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        formats.read(path, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*FILES, "t.keys.jsonl", "metadata.tsv", "glove"])
def test_a_file_cut_anywhere_is_never_half_loaded(tmp_path, name):
    main = {"t.keys.jsonl": "t.npy", "metadata.tsv": "vectors.tsv"}.get(name, name)
    formats.write(TABLE, tmp_path / main, format="glove" if name == "glove" else None)
    whole = (tmp_path / name).read_bytes()
    loaded, told = [], []
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        (tmp_path / name).write_bytes(whole[:length])
        try:
            read = formats.read(tmp_path / main)
        except InputError as error:
            told.append(str(error))
        else:
            loaded.append(length)
            assert read.keys == TABLE.keys[: len(read)]
            assert read.vectors.tobytes() == TABLE.vectors[: len(read)].tobytes()
    assert all(str(tmp_path) in message and "\n" not in message for message in told)
    if name in ("glove", "t.jsonl"):  # no header: cut at a line end it is a whole, shorter file
        assert all(whole[:length].endswith(b"\n") for length in loaded)
    else:
        assert loaded == ([len(whole) - 1] if name == "t.bin" else [])  # all but the line end of the last row


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_raises_no_error_but_ours(tmp_path, name):
    formats.write(TABLE, tmp_path / name)
    whole = bytearray((tmp_path / name).read_bytes())
    rng = np.random.default_rng(7)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        (tmp_path / name).write_bytes(damaged)
        with contextlib.suppress(InputError):
            assert np.isfinite(formats.read(tmp_path / name).vectors).all()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("3 2\na 1 2\nb 3 4\n", "line 3: the header says 3 rows, the file holds 2"),
        ("1 2\na 1 2\nb 3 4\n", "line 3: the header says 1 rows, the file holds 2"),
        ("2 2\na 1 2\nb 3 4", "line 3: the last line has no line end"),
        ("2 2\na 1 2\nb 3\n", "line 3: 1 numbers, wanted 2"),
        ("2 2\na 1 2\nb 3 4 5\n", "line 3: 3 numbers, wanted 2"),
        ("2 2\na 1 2\nb 3 nan 5\n", "line 3: 3 numbers, wanted 2"),
        ("2 2\na 1 2\n\n", "line 3: 0 numbers, wanted 2"),
        ("2 2\na 1,5 2\nb 3 4\n", "line 2: '1,5' is not a number"),
        ("2 2\na 1 2\nb 3 nan\n", "line 3: nan is not a finite float32"),
        ("2 2\na 1 -inf\nb 3 4\n", "line 2: -inf is not a finite float32"),
        ("2 2\na 1 1e39\nb 3 4\n", "line 2: 1e39 is not a finite float32"),
        ("2 2\na 1 0x10\nb 3 4\n", "line 2: '0x10' is not a number"),
        ("2 2\na 1 1_0\nb 3 4\n", "line 2: '1_0' is not a number"),
        ("2 2\na 1  2\nb 3 4\n", r"line 2: '' is not a number|line 2: 3 numbers, wanted 2"),
        ("2 2\na 1 2\na 3 4\n", r"1 keys stand more than once, such as 'a' \(row 2\); choose duplicates"),
        ("2 99999999999\na 1 2\n", "line 1: a row of 99,999,999,999 numbers; wanted 1 to"),
        ("2 0\na\nb\n", "line 1: a row of 0 numbers"),
        ("99999999999999 2\na 1 2\n", "header says 99,999,999,999,999 rows, the file holds 1"),
        ("a 1 2\n", 'line 1: wanted "n dim", found \'a 1 2\'; format="glove"'),
        ("", "line 1: wanted"),
    ],
)
def test_word2vec_text_names_the_line(tmp_path, text, match):
    (tmp_path / "t.txt").write_text(text)
    refused(tmp_path / "t.txt", match, format="word2vec")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a 1 2\nb 3\n", "line 2: 1 numbers, wanted 2"),
        ("a 1 2\nb 3 4 5\n", "line 2: 3 numbers, wanted 2"),
        ("a\nb\n", "line 1: wanted a key and its numbers"),
        ("a 1,5\n", "line 1: wanted a key"),
        ("", "is empty"),
        ("\n", "line 1: wanted"),
    ],
)
def test_glove_names_the_line(tmp_path, text, match):
    (tmp_path / "t.txt").write_text(text)
    refused(tmp_path / "t.txt", match)


def test_keys_of_glove_may_hold_spaces(tmp_path):
    text = ", 1 2\n. . . 3 4\nat name@domain.com 5 6\n7 8 9\n\N{NO-BREAK SPACE} 1 -.5\n"
    (tmp_path / "t.txt").write_text(text)
    read = formats.read(tmp_path / "t.txt")
    assert read.keys == [",", ". . .", "at name@domain.com", "7", "\N{NO-BREAK SPACE}"]
    assert read["7"].tolist() == [8, 9]
    assert read["\N{NO-BREAK SPACE}"].tolist() == [1, -0.5]


def test_the_space_at_the_end_of_fasttext_and_windows_line_ends(tmp_path):
    for number, text in enumerate(
        ["2 2\na 1 2 \nb 3 4 \n", "2 2\r\na 1 2\r\nb 3 4\r\n", "\ufeff2 2\na 1 2\nb 3 4\n"]
    ):
        path = tmp_path / f"{number}.vec"
        path.write_bytes(text.encode())
        assert formats.read(path).keys == ["a", "b"]
        assert formats.read(path).vectors.tolist() == [[1, 2], [3, 4]]
    (tmp_path / "glove.txt").write_bytes(b"\xef\xbb\xbfa 1 2 \r\nb 3 4 \r\n")
    assert formats.read(tmp_path / "glove.txt").keys == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "vectors", "counts"),
    [
        ("first", [[1, 2], [3, 4]], [1, 2]),
        ("last", [[7, 8], [3, 4]], [4, 2]),
        ("mean", [[13 / 3, 16 / 3], [3, 4]], [8, 2]),
    ],
)
def test_duplicates_by_rule(tmp_path, rule, vectors, counts):
    rows = [("a", [1, 2], 1), ("b", [3, 4], 2), ("a", [5, 6], 3), ("a", [7, 8], 4)]
    lines = [json.dumps({"key": key, "vector": vector, "count": count}) for key, vector, count in rows]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n")
    read = formats.read(tmp_path / "t.jsonl", duplicates=rule)
    assert read.keys == ["a", "b"]
    np.testing.assert_allclose(read.vectors, vectors, rtol=1e-6)
    assert read.counts.tolist() == counts


def test_the_first_three_duplicates_are_named(tmp_path):
    (tmp_path / "t.txt").write_text("".join(f"{key} 1 2\n" for key in "abcdabcda"))
    refused(tmp_path / "t.txt", r"4 keys .* such as 'a' \(row 5\), 'b' \(row 6\), 'c' \(row 7\); choose")


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"2 1\nok 1\nna\xefve 2\n")
    refused(tmp_path / "t.txt", r"line 3: b'na\\xefve' is no UTF-8")
    for errors, key in {"replace": "na\ufffdve", "ignore": "nave", "backslashreplace": r"na\xefve"}.items():
        assert formats.read(tmp_path / "t.txt", errors=errors).keys == ["ok", key]


def test_binary_read_as_text_and_the_reverse(tmp_path):
    formats.write(TABLE, tmp_path / "binary", format="word2vec-binary")
    formats.write(TABLE, tmp_path / "text", format="word2vec")
    refused(tmp_path / "binary", r"format=\"word2vec-binary\"", format="word2vec")
    refused(tmp_path / "text", r"format=\"word2vec\" reads", format="word2vec-binary")
    refused(tmp_path / "binary", "line", format="glove")
    refused(tmp_path / "binary", "cannot be read as Parquet", format="parquet")
    refused(tmp_path / "binary", "cannot be read as one NumPy array", format="npy")
    refused(tmp_path / "binary", "line 1", format="jsonl")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"2 1\na \0\0\0\0b \0\0\0", "row 2: the header says 2 rows, the file is cut short"),
        (b"1 1\na \0\0\0\0b \0\0\0\0", "the header says 1 rows, the file goes on"),
        (b"1 1\na \0\0\x80\x7f", "row 1: the vector of 'a' has NaN or Inf"),
        (b"1 1\n" + b"a" * 9_000_000, "row 1"),
        (b"1 1\na\xff \0\0\0\0", "row 1: b'a\\\\xff' is no UTF-8"),
        (b"1 1" + b"1" * 200, 'line 1: wanted "n dim"'),
        (b"-1 5\n", 'line 1: wanted "n dim"'),
    ],
)
def test_binary_names_the_row(tmp_path, data, match):
    (tmp_path / "t.bin").write_bytes(data)
    refused(tmp_path / "t.bin", match)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("[1, 2]", "line 2: wanted an object"),
        ('{"key": 3, "vector": [1, 2]}', 'line 2: "key" must be a string, not 3'),
        ('{"key": "b"}', 'line 2: "vector" must be a list'),
        ('{"key": "b", "vector": [1, "2"]}', 'line 2: "vector" holds something that is no number'),
        ('{"key": "b", "vector": [1, true]}', 'line 2: "vector" holds something that is no number'),
        ('{"key": "b", "vector": [1, NaN]}', "line 2: .* not finite"),
        ('{"key": "b", "vector": [1, 1e39]}', "line 2: .* not finite"),
        ('{"key": "b", "vector": [1, ' + "9" * 400 + "]}", "line 2: .* beyond float32"),
        ('{"key": "b", "vector": [1, 2, 3]}', "line 2: 3 numbers, wanted 2"),
        ('{"key": "b", "vector": [1, 2]}', "line 2: some rows have a count and some have none"),
        ('{"key": "b", "vector": [1, 2], "count": -1}', 'line 2: "count" must be'),
        ("[" * 100_000, "line 2: no JSON"),
        ("", "line 2: no JSON"),
    ],
)
def test_json_lines_name_the_line(tmp_path, line, match):
    (tmp_path / "t.jsonl").write_text('{"key": "a", "vector": [1, 2], "count": 3}\n' + line + "\n")
    refused(tmp_path / "t.jsonl", match)


def test_npy_never_unpickles(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "pwned"), "w"))

    np.save(tmp_path / "t.npy", np.array([[Evil()]], object), allow_pickle=True)
    (tmp_path / "t.keys.jsonl").write_text('{"key": "a"}\n')
    refused(tmp_path / "t.npy", "cannot be read as one NumPy array")
    (tmp_path / "t.npy").write_bytes(pickle.dumps(Evil()))
    refused(tmp_path / "t.npy", "cannot be read as one NumPy array")
    assert not (tmp_path / "pwned").exists()


def test_npy_is_mapped_not_read(tmp_path):
    formats.write(TABLE, tmp_path / "t.npy")
    base = formats.read(tmp_path / "t.npy").vectors
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def test_companions_that_do_not_fit(tmp_path):
    for name, companion in {"t.npy": "t.keys.jsonl", "vectors.tsv": "metadata.tsv"}.items():
        formats.write(TABLE, tmp_path / name)
        lines = (tmp_path / companion).read_bytes().splitlines(keepends=True)
        for other in (lines[:-1], lines + lines[-1:]):
            (tmp_path / companion).write_bytes(b"".join(other))
            refused(tmp_path / name, f"holds {len(other)} keys, .* 60 rows")
    np.save(tmp_path / "t.npy", np.ones(3))
    refused(tmp_path / "t.npy", r"wanted an \(n, dim\) array")


def test_metadata_with_columns(tmp_path):
    (tmp_path / "words-vectors.tsv").write_text("1\t2\n3\t4\n")
    (tmp_path / "words-metadata.tsv").write_text("group\tkey\tcount\nx\ta b\t5\ny\t\t6\n")
    read = formats.read(tmp_path / "words-vectors.tsv")
    assert (read.keys, read.counts.tolist()) == (["a b", ""], [5, 6])
    (tmp_path / "words-metadata.tsv").write_text("key\tcount\na\t5\nb\t-6\n")
    refused(tmp_path / "words-vectors.tsv", "line 3: the count '-6' is no whole number")
    (tmp_path / "words-metadata.tsv").write_text("key\tcount\na\t5\nb\n")
    refused(tmp_path / "words-vectors.tsv", "line 3: 1 columns, wanted 2")


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"key": ["a", "b"]}, 'wanted columns "key" and "vector"'),
        ({"key": ["a", None], "vector": [[1.0], [2.0]]}, 'have no "key"'),
        ({"key": ["a", "b"], "vector": [[1.0], None]}, 'have no "vector"'),
        ({"key": ["a", "b"], "vector": [[1.0], [None]]}, "missing number"),
        ({"key": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, "row 2: 2 numbers, wanted 1"),
        ({"key": ["a", "b"], "vector": [[1.0], [1e39]]}, "row 2: a number is not finite"),
        ({"key": ["a", "b"], "vector": [[], []]}, "row 1|lists of numbers"),
        ({"key": [1, 2], "vector": [[1.0], [1.0]]}, '"key" must be strings'),
        ({"key": ["a", "b"], "vector": ["x", "y"]}, '"vector" must be lists of numbers'),
        ({"key": ["a", "b"], "vector": [[1.0], [1.0]], "count": [1.5, 2.0]}, '"count" must be whole numbers'),
        ({"key": [], "vector": []}, "must be"),
    ],
)
def test_parquet_that_holds_no_table(tmp_path, columns, match):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    refused(tmp_path / "t.parquet", match)


def test_parquet_of_doubles(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    columns = {"key": ["a", "b"], "vector": [[1, 2.5], [3, 4]], "count": [1, 2], "more": [0, 0]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    read = formats.read(tmp_path / "t.parquet")
    assert read["a"].tolist() == [1, 2.5]
    assert read.counts.tolist() == [1, 2]


def test_a_small_file_cannot_ask_for_much_memory(tmp_path):
    (tmp_path / "bomb.txt.gz").write_bytes(gzip.compress(b"1 2\n" + b"a" * 60_000_000))
    refused(tmp_path / "bomb.txt.gz", "line 2: no line end in")


def test_a_key_with_a_blank_in_a_binary_file_is_refused_with_its_row(tmp_path) -> None:
    vectors = np.array([[1.0, 2.0], [-1.5, 0.25], [3.0, 4.0]], "<f4")
    rows = zip((b"king", b"new york", b"queen"), vectors, strict=True)
    data = b"3 2\n" + b"".join(key + b" " + row.tobytes() + b"\n" for key, row in rows)
    (tmp_path / "v.bin").write_bytes(data)
    with pytest.raises(
        InputError, match=r"v\.bin, row \d: the key .* has a blank: write the file with blanks replaced"
    ):
        formats.read(tmp_path / "v.bin")
