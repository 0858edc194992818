"""The bytes of an artifact's files: strict JSON, arrays in the safetensors layout, keys in an Arrow stream.

Whatever is read is taken for hostile: every size is bounded by the bytes that are there before anything is
allocated, and what is malformed raises `ValueError` with the reason.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np

Buffer: TypeAlias = Any  # bytes or a memory map

LARGEST_JSON = 8 << 20  # bytes; a model's facts are some kilobytes
DEEPEST_JSON = 32
LONGEST_NUMBER = 40  # characters; the longest float64 and int64 take 24
LARGEST_HEADER = 64 << 10
MOST_DIMENSIONS = 8
ALIGNMENT = 64  # bytes; a cache line, and the widest vector register

DTYPES: dict[str, np.dtype] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I8": np.dtype("i1"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def dump_json(value: Any) -> bytes:
    """The one spelling of `value`: sorted keys, UTF-8; `ValueError` where `parse_json` would refuse it."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    data = text.encode() + b"\n"
    parse_json(data)
    return data


def parse_json(data: bytes) -> Any:
    """Strict JSON: UTF-8, finite numbers, no key twice, limited in size and depth."""
    if len(data) > LARGEST_JSON:
        raise ValueError(f"{len(data)} bytes of JSON, more than {LARGEST_JSON}")
    if _depth(data) > DEEPEST_JSON:
        raise ValueError(f"JSON nested more than {DEEPEST_JSON} deep")
    value = json.loads(
        data.decode(),
        object_pairs_hook=_unique,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_bounded,
    )
    json.dumps(value, ensure_ascii=False).encode()  # an escape such as \ud800 is half a character
    return value


def _depth(data: bytes) -> int:
    marks = np.frombuffer(re.sub(rb'"(?:[^"\\]+|\\.)*+"', b"", data, flags=re.DOTALL), np.uint8)
    opening = (marks == ord("[")) | (marks == ord("{"))
    closing = (marks == ord("]")) | (marks == ord("}"))
    return int(np.cumsum(opening.astype(np.int64) - closing).max(initial=0))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a JSON key stands twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if len(digits) > LONGEST_NUMBER or not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]}… is out of range")
    return value


def _bounded(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"the number {digits[:20]}… is out of range")
    return int(digits)


def write_arrays(
    arrays: Mapping[str, np.ndarray], file: BinaryIO, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write the safetensors layout: widest numbers first, so that each starts at a multiple of its width."""
    names = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": dict(metadata)}
    start = 0
    for name in names:
        array = arrays[name]
        dtype = DTYPE_NAMES[array.dtype.newbyteorder("<")]
        header[name] = {
            "dtype": dtype,
            "shape": list(array.shape),
            "data_offsets": [start, start + array.nbytes],
        }
        start += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    file.write(struct.pack("<Q", len(text)) + text)
    for name in names:
        little_endian = arrays[name].dtype.newbyteorder("<")
        file.write(np.asarray(arrays[name], dtype=little_endian, order="C").data)


def parse_arrays(
    buffer: Buffer, *, dtypes: Mapping[str, np.dtype] = DTYPES, largest_header: int = LARGEST_HEADER
) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file: read-only views that fill `buffer` without gap or overlap."""
    if len(buffer) < 8:
        raise ValueError("too short for a header")
    (length,) = struct.unpack_from("<Q", buffer)
    if length > min(len(buffer) - 8, largest_header):
        raise ValueError(f"a header of {length} bytes")
    header = parse_json(bytes(buffer[8 : 8 + length]))
    if not isinstance(header, dict):
        raise ValueError("the header is no JSON object")
    header.pop("__metadata__", None)
    entries = {name: _entry(name, value, dtypes) for name, value in header.items()}
    position = 0
    for name, (_, _, start, end) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if start != position:
            raise ValueError(f"array {name!r} starts at byte {start}, not at {position}")
        position = end
    if position != len(buffer) - 8 - length:
        raise ValueError(f"{len(buffer) - 8 - length} bytes of numbers, where the header says {position}")
    return {name: _view(buffer, 8 + length, *entry) for name, entry in entries.items()}


Entry: TypeAlias = tuple[np.dtype, tuple[int, ...], int, int]


def _entry(name: str, value: Any, dtypes: Mapping[str, np.dtype]) -> Entry:
    """(dtype, shape, start, end) of one array, consistent with each other."""
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"array {name!r} is not described as an array")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in dtypes:
        raise ValueError(f"array {name!r} holds {dtype!r}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2 or len(shape) > MOST_DIMENSIONS:
        raise ValueError(f"array {name!r} has the shape {shape!r} at {offsets!r}")
    start, end = offsets
    if math.prod(shape) * dtypes[dtype].itemsize != end - start:
        raise ValueError(f"array {name!r} of the shape {shape} in {end - start} bytes")
    return dtypes[dtype], tuple(shape), start, end


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 48 for value in values)


def _view(
    buffer: Buffer, origin: int, dtype: np.dtype, shape: tuple[int, ...], start: int, end: int
) -> np.ndarray:
    if start == end:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(buffer, dtype, (end - start) // dtype.itemsize, origin + start)
    array = flat.reshape(shape)
    if not array.flags.aligned:  # written by another program; a compiled kernel takes alignment for granted
        array = array.copy()
    array.flags.writeable = False
    return array


def write_keys(
    keys: Sequence[str], counts: np.ndarray | None, labels: Sequence[str] | None, file: BinaryIO
) -> None:
    """Write an Arrow file with the column key and, where they are given, count and label."""
    import pyarrow as pa

    schema = _schema(counts is not None, labels is not None)
    columns: list[Any] = [pa.array(keys, pa.large_string())]
    if counts is not None:
        columns.append(pa.array(np.asarray(counts, np.int64)))
    if labels is not None:
        columns.append(pa.array(labels, pa.large_string()))
    table = pa.Table.from_arrays(columns, schema=schema)
    with pa.ipc.new_file(file, schema) as writer:
        writer.write_table(table, max_chunksize=1 << 16)


def parse_keys(buffer: Buffer) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """The keys, counts and labels of an Arrow file: read as the stream that it begins with, validated in full."""
    import pyarrow as pa

    if bytes(buffer[:8]) != b"ARROW1\0\0":
        raise ValueError("no Arrow file")
    stream = pa.py_buffer(buffer).slice(8)
    try:
        _refuse_compressed(stream)
        with pa.ipc.open_stream(stream) as reader:
            if reader.schema not in [_schema(*which) for which in product((False, True), repeat=2)]:
                names = ", ".join(map(repr, reader.schema.names))
                raise ValueError(f"columns {names}, not key, count and label")
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    if any(column.null_count for column in table.columns):
        raise ValueError("a missing value")
    found = {name: table[name] for name in table.column_names}
    counts = found["count"].to_numpy() if "count" in found else None
    return found["key"].to_pylist(), counts, found["label"].to_pylist() if "label" in found else None


def _schema(counted: bool, labelled: bool) -> Any:
    import pyarrow as pa

    fields = [pa.field("key", pa.large_string())] + [pa.field("count", pa.int64())] * counted
    return pa.schema(fields + [pa.field("label", pa.large_string())] * labelled)


def _refuse_compressed(stream: Any) -> None:
    """Refuse a batch that says it is compressed, for what it says it holds would be allocated."""
    import pyarrow as pa

    for message in pa.ipc.MessageReader.open_stream(stream):
        if message.type == "record batch" and _names_compression(message.metadata.to_pybytes()):
            raise ValueError("a compressed batch")
        if message.type == "dictionary":
            raise ValueError("a dictionary")


def _names_compression(message: bytes) -> bool:
    """Whether an Arrow `Message` (a flatbuffer, Message.fbs) has a `RecordBatch` with a `compression`."""
    try:
        root = struct.unpack_from("<I", message, 0)[0]
        batch = _field(message, root, 2)
        batch += struct.unpack_from("<I", message, batch)[0]
        return _field(message, batch, 3) != batch
    except struct.error as error:
        raise ValueError("a malformed batch") from error


def _field(message: bytes, table: int, index: int) -> int:
    """Where field `index` of the flatbuffer table at `table` lies; at `table` itself where it is left out."""
    fields = table - struct.unpack_from("<i", message, table)[0]
    size = struct.unpack_from("<H", message, fields)[0]
    entry = 4 + 2 * index
    return table + (struct.unpack_from("<H", message, fields + entry)[0] if entry < size else 0)
