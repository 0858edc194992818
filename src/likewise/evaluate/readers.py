"""The formats that word sets are published in, recognised by their first lines."""

from __future__ import annotations

import ast
import csv
import math
from collections.abc import Sequence

from likewise.errors import InputError
from likewise.evaluate.sets import AnalogySet, CategorySet, OddGroup, OddSet, SimilaritySet, WordSet

FORMATS = (
    "wanted 'word word score' a line, ': section' lines with four words a line, "
    "or CSV with the columns word1,word2,word3,target or category,word or category,outliers,words"
)
Row = tuple[int, list[str]]  # the line's number in the file, from 1, and its cells


def read(text: str, name: str, where: str) -> WordSet:
    """The set in `text`; `where` names the file in errors. Raises `InputError`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not kept:
        raise InputError(f"{where}: no words in it ({len(text)} characters); {FORMATS}")
    header = {cell.strip().lower() for cell in kept[0][1].split(",")}
    if {"category", "outliers", "words"} <= header:
        return _odd(_cells(kept, ",", where), name, where)
    if {"category", "word"} <= header:
        return _categories(_cells(kept, ",", where), name, where)
    if {"word1", "word2", "word3", "target"} <= header:
        return _analogy_columns(_cells(kept, ",", where), name, where)
    if kept[0][1].startswith(":") or _four_words(kept[:2]):
        return _analogy_lines(kept, name, where)
    return _similarity(_cells(kept, _delimiter(kept[0][1]), where), name, where)


def _delimiter(line: str) -> str | None:
    return next((mark for mark in "\t," if mark in line), None)


def _cells(lines: Sequence[tuple[int, str]], delimiter: str | None, where: str) -> list[Row]:
    """Each line cut at `delimiter` (None: at spaces), cells stripped; commas by the rules of CSV."""
    if delimiter != ",":
        return [(n, [cell.strip() for cell in line.split(delimiter)]) for n, line in lines]
    rows = []
    for n, line in lines:
        try:
            rows.append((n, [cell.strip() for cell in next(csv.reader([line], strict=True))]))
        except csv.Error as error:
            raise InputError(f"{where}, line {n}: not CSV ({error}); wanted one row a line") from None
    return rows


def _columns(rows: list[Row], wanted: Sequence[str], where: str) -> list[Row]:
    """The rows below the header, with only the wanted columns, in that order."""
    header = [cell.lower() for cell in rows[0][1]]
    places = [header.index(column) for column in wanted]
    for n, cells in rows[1:]:
        if len(cells) <= max(places):
            raise InputError(
                f"{where}, line {n}: {len(cells)} columns, wanted {len(header)} ({','.join(header)})"
            )
    chosen = [(n, [cells[place] for place in places]) for n, cells in rows[1:]]
    if not chosen:
        raise InputError(f"{where}: a header and no rows; wanted {','.join(wanted)} a line")
    return chosen


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _similarity(rows: list[Row], name: str, where: str) -> SimilaritySet:
    """Two words, then the first column of numbers (SimLex and SimVerb put the part of speech before it)."""
    if not rows[0][1][0]:  # a header over a column of row numbers
        rows = [(n, cells[1:]) for n, cells in rows]
    first = rows if _score_column(rows[0][1]) else rows[1:]
    place = _score_column(first[0][1]) if first else None
    if place is None:
        raise InputError(
            f"{where}, line {rows[0][0]}: {len(rows[0][1])} columns and no score found; {FORMATS}"
        )
    pairs, scores = [], []
    for n, cells in first:
        if len(cells) <= place or not cells[0] or not cells[1]:
            raise InputError(
                f"{where}, line {n}: {len(cells)} columns, wanted {place + 1} (word, word, score)"
            )
        score = _number(cells[place])
        if score is None:
            raise InputError(f"{where}, line {n}: the score is {cells[place]!r}, wanted a finite number")
        pairs.append((cells[0], cells[1]))
        scores.append(score)
    return SimilaritySet(name, tuple(pairs), tuple(scores))


def _score_column(cells: list[str]) -> int | None:
    return next((i for i, cell in enumerate(cells) if i > 1 and _number(cell) is not None), None)


def _four_words(lines: Sequence[tuple[int, str]]) -> bool:
    """Four words and no number in the first two lines: analogies, not pairs below a header."""
    split = [line.split() for _, line in lines]
    return all(len(cells) == 4 and not any(_number(cell) is not None for cell in cells) for cells in split)


def _analogy_lines(lines: Sequence[tuple[int, str]], name: str, where: str) -> AnalogySet:
    names, analogies = [], []
    for n, line in lines:
        if line.startswith(":"):
            names.append(line[1:].strip())
            continue
        words = line.split()
        if len(words) != 4:
            raise InputError(f"{where}, line {n}: {len(words)} words, wanted 4 (a is to b as c is to d)")
        analogies.append((names[-1] if names else name, words))
    if not analogies:
        raise InputError(f"{where}: {len(names)} sections and no analogy; wanted four words a line")
    return _analogies(analogies, name)


def _analogy_columns(rows: list[Row], name: str, where: str) -> AnalogySet:
    wanted = ("word1", "word2", "word3", "target")
    typed = "type" in (cell.lower() for cell in rows[0][1])
    analogies = []
    for n, cells in _columns(rows, (*wanted, "type") if typed else wanted, where):
        if not all(cells[:4]):
            raise InputError(f"{where}, line {n}: a word is empty, wanted four (word1,word2,word3,target)")
        analogies.append((cells[4] if typed else name, cells[:4]))
    return _analogies(analogies, name)


def _analogies(analogies: list[tuple[str, list[str]]], name: str) -> AnalogySet:
    """Analogies with their section's name; sections in the order they first come in."""
    names = {section: i for i, section in enumerate(dict.fromkeys(section for section, _ in analogies))}
    return AnalogySet(
        name,
        tuple((a, b, c, d) for _, (a, b, c, d) in analogies),
        tuple(names[section] for section, _ in analogies),
        tuple(names),
    )


def _categories(rows: list[Row], name: str, where: str) -> CategorySet:
    """Rows with an empty word are left out: AP and BLESS as circulated hold one after each category."""
    kept = [cells for _, cells in _columns(rows, ("category", "word"), where) if cells[1]]
    if not kept:
        raise InputError(f"{where}: every word is empty; wanted category,word a line")
    return CategorySet(name, tuple(word for _, word in kept), tuple(label for label, _ in kept))


def _odd(rows: list[Row], name: str, where: str) -> OddSet:
    groups = []
    for n, (label, outliers, words) in _columns(rows, ("category", "outliers", "words"), where):
        groups.append(OddGroup(label, _word_list(words, n, where), _word_list(outliers, n, where)))
    return OddSet(name, tuple(groups))


def _word_list(cell: str, n: int, where: str) -> tuple[str, ...]:
    """A cell such as "['tiger', 'lion', '']": words quoted between brackets, the empty ones left out."""
    try:
        words = ast.literal_eval(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InputError(f"{where}, line {n}: {cell[:40]!r} is no list of words, wanted ['one', 'two']")
    return tuple(word for word in words if word)
