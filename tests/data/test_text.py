from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from likewise.arrays.text_block import pack_texts, pack_tokens
from likewise.data import text as reading
from likewise.data.text import blocks
from likewise.errors import InputError, OptionError, WrongType

PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def read(inputs, **options) -> bytes:
    return b"".join(block.data for block in blocks(inputs, **options))


def rows_of(inputs, **options) -> list[str]:
    return read(inputs, **options).decode(errors="surrogateescape").split("\udcfe")[:-1]


@pytest.fixture
def put(tmp_path):
    def write(name: str, data: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@given(
    text=st.lists(st.sampled_from(["a", "é", "東", " ", "\n", "\r\n", "\r", "\u2028", "\t", "long" * 9])).map(
        "".join
    ),
    block_bytes=st.integers(1, 40),
)
def test_blocks_of_any_size_hold_the_text_and_are_cut_after_white_space(tmp_path_factory, text, block_bytes):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode())
    found = list(blocks(path, block_bytes=block_bytes))
    assert b"".join(block.data for block in found) == text.encode()
    assert [block.final for block in found] == [False] * (len(found) - 1) + [True]
    at = 0
    for block, follower in pairwise(found):
        assert block.offset == at
        at += len(block.data)
        assert block.data[-1:].isspace()
        assert not (block.data.endswith(b"\r") and follower.data.startswith(b"\n"))


@pytest.mark.parametrize("packing", PACK)
def test_packed_files_are_unpacked_by_their_name(put, packing):
    text = "".join(f"row {i} of some text\n" for i in range(5000)).encode()
    packed = PACK[packing](text)
    assert read(put("a.txt" + packing, packed), block_bytes=1000) == text
    assert read(put("two.txt" + packing, packed + packed)) == text + text


@pytest.mark.parametrize("packing", PACK)
def test_a_damaged_packed_file_is_an_error_that_names_it(put, packing):
    packed = PACK[packing](os.urandom(100_000))
    for bad in (packed[: len(packed) // 2], b"plain text", packed[:50] + b"????????" + packed[58:]):
        with pytest.raises(
            InputError, match=rf"bad.txt\{packing} is damaged, or not \{packing}, after [\d,]+ bytes"
        ):
            read(put("bad.txt" + packing, bad))


@pytest.mark.parametrize("packing", PACK)
def test_a_bomb_is_stopped_while_it_unpacks(put, packing, monkeypatch):
    monkeypatch.setattr("likewise.data.sources.LARGEST_UNCHECKED", 1 << 20)
    bomb = put("bomb.txt" + packing, PACK[packing](bytes(1 << 25)))
    with pytest.raises(InputError, match=r"bomb.txt.* unpacks to more than [\d,]+ bytes; .* set max_bytes"):
        read(bomb)
    assert len(read(bomb, max_bytes=1 << 25)) == 1 << 25
    with pytest.raises(InputError, match="more than 33,554,431 bytes"):
        read(bomb, max_bytes=(1 << 25) - 1)


def test_a_packed_file_under_another_name_is_recognised(put):
    with pytest.raises(
        InputError, match=r"a.txt is not text: by its first bytes it is gzip \(.gz\); name it so"
    ):
        read(put("a.txt", gzip.compress(b"text")))


def test_folders_are_walked_in_order_and_hidden_files_skipped(put, tmp_path):
    for name in ("b.txt", "a/z.txt", "a/.hidden.txt", ".git/x.txt", "a/b/c.txt"):
        put(name, name)
    names = [block.source for block in blocks(tmp_path)]
    assert [os.path.relpath(name, tmp_path) for name in names] == ["a/b/c.txt", "a/z.txt", "b.txt"]
    assert read(str(tmp_path / "a" / "**" / "*.txt")) == b"a/b/c.txta/z.txt"
    assert read([tmp_path / "b.txt", tmp_path / "a"]) == b"b.txta/b/c.txta/z.txt"


def test_an_empty_file_is_one_empty_final_block(put):
    (block,) = blocks(put("empty.txt", ""))
    assert (block.data, block.final, block.source[-9:]) == (b"", True, "empty.txt")


def test_a_missing_file_names_the_nearest(put, tmp_path):
    put("corpus.txt", "x")
    with pytest.raises(InputError, match=r"no file '.*corpsu.txt'; did you mean '.*corpus.txt'\?"):
        blocks(str(tmp_path / "corpsu.txt"))
    with pytest.raises(InputError, match=r"no file matches '.*\*.tsv'"):
        blocks(str(tmp_path / "*.tsv"))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no files in the folder"):
        blocks(tmp_path / "none")


@pytest.mark.timeout(10)
def test_pipes_and_devices_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe, not a file; give '-'"):
        blocks(tmp_path / "pipe")
    with pytest.raises(InputError, match="/dev/zero is a device"):
        blocks("/dev/zero")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_an_error(put):
    path = put("secret.txt", "x")
    path.chmod(0)
    with pytest.raises(InputError, match=r"secret.txt cannot be read: Permission denied"):
        read(path)


def test_a_file_that_grows_while_it_is_read_is_an_error(put):
    path = put("log.txt", "row\n" * 100)
    found = blocks(path, block_bytes=40)
    next(found)
    with path.open("a") as file:
        file.write("row\n")
    with pytest.raises(InputError, match=r"log.txt changed while it was read: 400 bytes before, 404 after"):
        list(found)


def test_byte_order_marks(put):
    assert read(put("marked.txt", b"\xef\xbb\xbfa b\n")) == b"a b\n"
    assert next(blocks(put("marked.txt", b"\xef\xbb\xbfa b\nc"), block_bytes=4)).offset == 3
    wide = put("wide.txt", "é b\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"wide.txt begins as utf-16 does; try encoding='utf-16'"):
        read(wide)
    assert read(wide, encoding="utf-16", block_bytes=1) == "é b\n".encode()
    assert read(put("l.txt", b"caf\xe9\n"), encoding="latin-1") == "café\n".encode()


def test_another_encoding_is_checked_to_the_byte(put):
    path = put("ascii.txt", b"ok\n" * 30 + b"\xe9 \n")
    with pytest.raises(InputError, match=r"ascii.txt: byte 90 is not ascii; try errors='replace'"):
        read(path, encoding="ascii", block_bytes=7)
    assert sum(block.replaced for block in blocks(path, encoding="ascii", errors="replace")) == 1


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    (*_, last) = blocks("-")
    assert last.source == "standard input"


def test_a_stretch_without_white_space_is_cut_between_characters_and_marked(put, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_WORD", 64)
    found = list(blocks(put("one.txt", "東" * 100), block_bytes=50))
    assert b"".join(block.data for block in found).decode() == "東" * 100
    for block in found:
        block.data.decode()
    assert [block.torn for block in found[:-1]] == [True] * (len(found) - 1)


def test_json_lines(put):
    rows = [{"text": "two\nlines", "id": 1}, {"text": None, "id": 2}, {"id": 3, "text": "é"}]
    data = "\n".join(json.dumps(row) for row in rows)
    assert rows_of(put("a.jsonl", data), field="text") == ["two\nlines", "", "é"]
    assert rows_of(put("a.jsonl.gz", gzip.compress(data.encode())), field="text") == ["two\nlines", "", "é"]
    assert rows_of(put("s.jsonl", '"a b"\n\n"c"\n')) == ["a b", "c"]
    assert read(put("t.jsonl", '{"t": ["a b", "c"]}\n{"t": null}'), field="t") == b"a b\xffc\xff\xfe\xfe"


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ('{"text": "a"}\n{"text: 1}', "text", "a.jsonl, line 2 is not JSON"),
        (
            '{"text": "a"}\n{"test": 1}',
            "text",
            "line 2 has no field 'text', but 'test'; did you mean 'test'?",
        ),
        ('{"text": 5}', "text", "line 1 is 5; wanted text, or a list of tokens"),
        ('{"text": "a"}', None, "line 1 is an object; choose one of its fields 'text' with field="),
        ('"a"', "text", "line 1 is no object, so it has no field 'text'"),
        ('{"t": "a"}\n{"t": ["b"]}', "t", "row 2 is one of tokens among texts; give all rows alike"),
    ],
)
def test_json_lines_that_cannot_be_used_are_named(put, data, field, message):
    with pytest.raises((InputError, WrongType)) as caught:
        read(put("a.jsonl", data), field=field)
    assert message in str(caught.value)


def test_csv_and_tsv(put):
    data = 'id,text\n1,"a, ""b""\nc"\n2,d\n\n'
    assert rows_of(put("a.csv", data), column="text") == ['a, "b"\nc', "d"]
    assert rows_of(put("a.tsv", "x\ty\n1\tz\n"), column="y") == ["z"]
    assert rows_of(put("long.csv", "text\n" + "x" * 200_000), column="text") == ["x" * 200_000]
    assert read(put("none.csv", ""), column="text") == b""


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ("id,text\n1,a\n", "txt", "a.csv has no column 'txt', but 'id', 'text'; did you mean 'text'?"),
        ("id,text\n1,a\n", None, "a.csv has the columns 'id', 'text'; choose one with column="),
        ("text,text\n1,a\n", "text", "a.csv has 2 columns 'text'; rename all but one"),
        ("id,text\n1,a\n2\n", "text", "a.csv, line 3 has 1 columns, the header has 2"),
        ('id,text\n1,"a\n', "text", "is not CSV: unexpected end of data"),
    ],
)
def test_csv_that_cannot_be_used_is_named(put, data, column, message):
    with pytest.raises(InputError) as caught:
        read(put("a.csv", data), column=column)
    assert message in str(caught.value)


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": ["a\nb", None, "é"], "tokens": [["x y"], ["z"], None], "n": [1, 2, 3]}), path
    )
    assert rows_of(path, column="text") == ["a\nb", "", "é"]
    assert read(path, column="tokens") == b"x y\xff\xfez\xff\xfe\xfe"
    with pytest.raises(InputError, match="row 1 is 1; wanted text"):
        read(path, column="n")
    with pytest.raises(
        InputError, match="has no column 'txt', but 'text', 'tokens', 'n'; did you mean 'text'"
    ):
        read(path, column="txt")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"a.parquet is damaged, or not Parquet"):
        read(path, column="text")


def test_rows_from_python():
    assert read(["a\nb", "", "c"]) == pack_texts(["a\nb", "", "c"])
    assert read(row for row in ["a", "b"]) == b"a\xfeb\xfe"
    assert read([["New York", "a\nb"], [], ("c",)], block_bytes=1) == pack_tokens(
        [["New York", "a\nb"], [], ["c"]]
    )
    assert read([]) == b""
    assert read(["unlikely.txt x", "no such file"]) == pack_texts(["unlikely.txt x", "no such file"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "the cat sat on the mat",
            "got one str, 'the cat sat on the mat', and no file has that name; wrap it in a list",
        ),
        (b"bytes", "got bytes; wanted a path, a list of Path, or rows of text"),
        (5, "got int; wanted a path"),
        (["a", 5], "row 2 is 5; wanted a str, or a list of str"),
        (["a", b"b"], "row 2 is b'b'; wanted a str, or a list of str"),
        ([["a"], ["b", 5]], "row 2 holds the token 5; wanted a str"),
        (["a", ["b"]], "the rows given, row 2 is one of tokens among texts"),
        ([Path(__file__), 5], "got 5 among paths; wanted a Path"),
    ],
)
def test_what_is_no_text_is_the_wrong_type(rows, message):
    with pytest.raises(WrongType) as caught:
        read(rows)
    assert message in str(caught.value)


def test_a_lone_surrogate_is_an_error_or_counted():
    with pytest.raises(InputError, match="the rows given, row 2 holds a lone surrogate"):
        read(["a", "b\ud800"])
    (block,) = blocks(["b\ud800c"], errors="replace")
    assert (block.data.decode(errors="ignore"), block.replaced) == ("b\ufffdc", 1)


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        ("{txt}", {"column": "x"}, "column= is for CSV, TSV and Parquet"),
        ("{txt}", {"field": "x"}, "field= is for JSON lines"),
        ("{txt}", {"encoding": "utf-99"}, "no encoding 'utf-99'"),
        ("{txt}", {"encoding": "rot13"}, "no encoding 'rot13'"),
        ("{txt}", {"errors": "ignore"}, "errors must be 'strict' or 'replace', not 'ignore'"),
        ("{txt}", {"block_bytes": 0}, "block_bytes must be at least 1"),
        (["a row"], {"field": "x"}, "field= and column= are for files"),
    ],
)
def test_options_that_do_not_fit_are_refused(put, inputs, options, message):
    path = put("a.txt", "x")
    with pytest.raises(OptionError) as caught:
        blocks(str(path) if inputs == "{txt}" else inputs, **options)
    assert message in str(caught.value)
