"""Logs as matrices of choices: every way in, every rule against a slow twin, and nothing by the order of rows."""

from __future__ import annotations

import gzip
import json
import logging
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.data.interactions import Interactions, Reading, read
from likewise.errors import InputError, OptionError, WrongType

FULL = Reading(rating="rating", count="count", time="time")
ROWS = [
    ("ann", "x", 4, 2, 30), ("bob", "y", 2, 1, 20), ("ann", "y", 5, 1, 10), ("bob", "x", 1, 3, 40),
    ("ann", "x", 2, 1, 35), ("cid", "z", 5, 0, 50), ("bob", "z", 5, 7, 5),
]  # fmt: skip
NAMES = ("user", "item", "rating", "count", "time")


def pairs(log: Interactions) -> dict[tuple[str, str], float]:
    matrix = log.seen.tocoo()
    return {
        (log.users[u], log.items[i]): round(float(w), 5)
        for u, i, w in zip(matrix.row, matrix.col, matrix.data, strict=True)
    }


def slow(rows: list[tuple[str, str, float, float, float]], reading: Reading) -> dict[tuple[str, str], float]:
    """The rules, spelt out: until, one of each pair, 0 and low ratings, the latest of a user, the core."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    for user, item, rating, count, time in rows:
        if reading.until is None or time <= float(reading.until):
            found[user, item].append((time, rating, count))
    kept: dict[tuple[str, str], tuple[float, float]] = {}
    for pair, events in found.items():
        time, rating, _ = max(events)
        count = sum(c for _, _, c in events)
        if count > 0 and (reading.at_least is None or rating >= reading.at_least):
            kept[pair] = time, count
    if reading.most is not None:
        for user in {user for user, _ in kept}:
            own = sorted((pair for pair in kept if pair[0] == user), key=lambda p: (-kept[p][0], p[1]))
            for pair in own[reading.most :]:
                del kept[pair]
    while True:
        users = {u: sum(p[0] == u for p in kept) for u, _ in kept}
        items = {i: sum(p[1] == i for p in kept) for _, i in kept}
        out = [p for p in kept if users[p[0]] < reading.min_items or items[p[1]] < reading.min_users]
        if not out:
            break
        for pair in out:
            del kept[pair]
    return {p: round(float(np.float32(1 + np.log(c) if c >= 1 else c)), 5) for p, (_, c) in kept.items()}


def test_rows_become_choices_by_the_rules() -> None:
    log = read(ROWS, FULL)
    assert (log.users, log.items) == (["ann", "bob"], ["x", "y", "z"])  # z has one user, x and y two
    assert pairs(log) == slow(ROWS, FULL)
    assert (log.stats.rows, log.stats.repeated, log.stats.zero) == (7, 1, 1)
    assert [row.tolist() for row in log.histories] == [
        [1, 0],
        [2, 1, 0],
    ]  # by time; x again at 35 counts as 35
    assert log.counts.tolist() == [2, 2, 1]
    liked = read(ROWS, Reading(user=0, item=1, rating=2, time=4, at_least=4))
    assert set(pairs(liked)) == {("ann", "y"), ("bob", "z"), ("cid", "z")}  # ann's later rating of x is 2
    assert set(pairs(liked).values()) == {1.0}
    assert "rated lower" in str(liked.stats)


events = st.tuples(
    st.sampled_from("abcde"), st.sampled_from("wxyz"), st.integers(1, 5), st.integers(0, 3), st.integers(0, 9)
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(events, min_size=1, max_size=40),
    st.randoms(use_true_random=False),
    st.sampled_from([None, 3]),
    st.sampled_from([None, 2]),
    st.sampled_from([1, 2]),
    st.sampled_from([None, 6.0]),
)
def test_the_order_of_rows_is_nothing(
    rows: list[Any],
    draw: random.Random,
    at_least: int | None,
    most: int | None,
    least: int,
    until: float | None,
) -> None:
    reading = Reading(
        rating="rating", count="count", time="time", at_least=at_least, most=most, min_items=least, min_users=least,
        until=until,
    )  # fmt: skip
    wanted = slow(rows, reading)
    if not wanted:
        with pytest.raises(InputError):
            read(rows, reading)
        return
    log = read(rows, reading)
    assert pairs(log) == wanted
    mixed = list(rows)
    draw.shuffle(mixed)
    assert read(mixed, reading).digest == log.digest


def test_a_part_of_a_log_is_what_reading_that_part_gives() -> None:
    rows = [(f"u{n % 7}", f"i{n * n % 11}", n) for n in range(60)]
    log = read(rows, Reading(time="time"))
    keys = [(log.users[u], log.items[i]) for u, i in zip(*log.seen.nonzero(), strict=True)]
    kept = np.array([hash_free(user + item) % 3 > 0 for user, item in keys])
    part = log.only(kept)
    chosen = {key for key, stays in zip(keys, kept, strict=True) if stays}
    assert part.digest == read([row for row in rows if row[:2] in chosen], Reading(time="time")).digest


def hash_free(text: str) -> int:
    return sum(ord(letter) * place for place, letter in enumerate(text, 1))


def test_a_cap_without_times_does_not_look_at_the_order() -> None:
    rows = [("u", str(i)) for i in range(100)] + [("v", "1"), ("v", "2")]
    log = read(rows, Reading(most=10))
    assert log.lengths.tolist() == [10, 2]
    assert (log.stats.capped, log.stats.capped_users) == (90, 1)
    assert read(rows[::-1], Reading(most=10)).digest == log.digest
    assert log.items != sorted(log.items)[:10]


def test_a_user_with_a_million_events(tmp_path: Path) -> None:
    events = "".join(f"u,{item}\n" for item in range(50_000)) * 20
    (tmp_path / "log.csv").write_text("user,item\n" + events + "v,1\n")
    log = read(tmp_path / "log.csv", Reading(most=1000))
    assert log.lengths.tolist() == [1000, 1]
    assert log.stats.repeated == 950_000
    assert "49,000 beyond the most of a user, 1 users with more than that" in str(log.stats)


def written(folder: Path, kind: str) -> Path:
    path = folder / f"log.{kind}"
    if kind.startswith("parquet"):
        import pyarrow as arrow
        from pyarrow import parquet

        columns = dict(zip(NAMES, zip(*ROWS, strict=True), strict=True))
        parquet.write_table(arrow.table({name: list(cells) for name, cells in columns.items()}), path)
        return path
    if kind.startswith("jsonl"):
        text = "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS)
    else:
        mark = {"csv": ",", "csv.gz": ",", "tsv": "\t", "dat": ";", "txt": "\t"}[kind]
        text = "".join(mark.join(map(str, row)) + "\n" for row in [NAMES, *ROWS])
    data = text.encode()
    path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "dat", "txt", "jsonl", "parquet"])
def test_every_form_gives_the_same(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, kind)
    told: list[Any] = []
    assert read(path, FULL, report=told.append).digest == read(ROWS, FULL).digest
    assert kind == "parquet" or told[-1].done == path.stat().st_size


def test_columns_by_number_quotes_marks_and_encodings(tmp_path: Path) -> None:
    wanted = {("é, 1", 'the "x"'): 1.0, ("2", "y\nz"): 1.0}
    text = '"é, 1","the ""x""",9\r\n2,"y\nz",8\r\n'
    numbered = Reading(user=0, item=1)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
        (tmp_path / "log.csv").write_bytes(text.encode(encoding))
        given = "utf-8" if encoding == "utf-8-sig" else encoding
        assert pairs(read(tmp_path / "log.csv", Reading(user=0, item=1, encoding=given))) == wanted
        (tmp_path / "named.csv").write_bytes(("user,item,n\r\n" + text).encode(encoding))
        assert pairs(read(tmp_path / "named.csv", Reading(encoding=given))) == wanted
    assert pairs(read([("2", "y\nz", 8), ("é, 1", 'the "x"', 9)], numbered)) == wanted
    assert read([{"user": 1, "item": 2}]).users == ["1"]
    (tmp_path / "log.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"is not utf-8: give encoding="):
        read(tmp_path / "log.csv", numbered)


def test_times_are_numbers_or_dates() -> None:
    when = Reading(time="time")
    rows = [
        ("u", "c", "2026-01-03"),
        ("u", "a", "2026-01-01 10:00:00"),
        ("u", "b", "2026-01-01T12:00:00+01:00"),
    ]
    log = read(rows, when)
    assert [log.items[i] for i in log.histories[0]] == ["a", "b", "c"]
    early = read(rows, Reading(time="time", until="2026-01-02"))
    assert (early.items, early.stats.late) == (["a", "b"], 1)
    assert log.times is not None
    assert log.times.max() == 1767398400


def test_times_in_the_future_are_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        log = read([("u", "a", 4e9), ("u", "b", 1e9), ("u", "c", 2e9)], Reading(time="time"))
        read([("u", "a", 1.6e12), ("u", "b", 1.5e12)], Reading(time="time"))  # milliseconds, long ago
    assert [log.items[i] for i in log.histories[0]] == ["b", "c", "a"]
    assert [record.getMessage()[:33] for record in caplog.records] == ["2 of 3 rows have a time in the fu"]


@pytest.mark.parametrize(
    ("text", "reading", "said"),
    [
        ("user,item\n1,a\n2\n", Reading(), r"row 2 has 1 columns, the first line has 2"),
        ("user,item\n1,a\n,b\n", Reading(), r"row 2: the user is '', expected an id"),
        ("user,item,rating\n1,a,5\n2,b,good\n", Reading(rating="rating"), r"row 2: the rating is 'good', expected a"),
        ("user,item,rating\n1,a,nan\n", Reading(rating="rating"), r"row 1: the rating is 'nan', expected a number"),
        ("user,item,n\n1,a,-1\n", Reading(count="n"), r"row 1: the count is '-1', expected a number of 0 or more"),
        ("user,item,n\n1,a,0\n", Reading(count="n"), r"every count is 0"),
        ("user,item,t\n1,a,soon\n", Reading(time="t"), r"the time is 'soon', expected a number, or a date as"),
        ("userid,item\n1,a\n", Reading(), r"no column 'user', but 'userid', 'item'; did you mean 'userid'"),
        ("user,item,user\n1,a,b\n", Reading(), r"2 columns 'user'; rename all but one"),
        ("user,item\n", Reading(), r"the log has no rows"),
        ("", Reading(), r"the log has no rows"),
        ("user,item\n1,a\n", Reading(min_items=2), r"with most items, '1', has 1: try min_items= 1 or less"),
        ("user,item,r\n1,a,2\n", Reading(rating="r", at_least=4), r"no rating is 4 or more; the highest is 2"),
        ("user,item,t\n1,a,2\n", Reading(time="t", until=1), r"all 1 rows are later than 1"),
        ('user,item\n1,"a\n', Reading(), r"row 1: a quote is opened, and not closed"),
    ],
)  # fmt: skip
def test_bad_logs_are_told_in_a_line(text: str, reading: Reading, said: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(InputError, match=said) as error:
        read(tmp_path / "log.csv", reading)
    assert "\n" not in str(error.value)


def test_bad_options_and_types(tmp_path: Path) -> None:
    for options, said in (
        ({"min_items": 0}, "min_items must be a whole number from 1, not 0"),
        ({"most": 0}, "most must be"),
        ({"at_least": 3}, "name its column with rating="),
        ({"until": 3}, "name its column with time="),
        ({"user": "a", "item": "a"}, "the column 'a' is given twice"),
        ({"user": 0}, "all named or all numbered"),
        ({"weigh": "square"}, "weigh must be one of"),
    ):
        with pytest.raises(OptionError, match=said):
            Reading(**options)  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        read(3)
    with pytest.raises(WrongType):
        read([3])
    with pytest.raises(InputError, match="expected user, item"):
        read([("u",)])
    (tmp_path / "log.csv").write_text("user,item\n1,a\n")
    with pytest.raises(InputError, match="did you mean"):
        read(tmp_path / "logg.csv")
    (tmp_path / "words.txt").write_text("no columns here\n")
    with pytest.raises(InputError, match="no columns by its name or its first line"):
        read(tmp_path / "words.txt")
