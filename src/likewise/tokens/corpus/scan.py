"""One look at every byte: where words and rows end, and which spelling each word is.

Sixty-four bytes at a time become bit masks (is a letter, is a digit, ends a row); the words are the runs of
ones in the mask that the rule makes of them. Only characters that are not ASCII are looked at one by one,
and only to set their bits. Each word is then found in the worker's table of spellings, and its number
written down.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from numba import njit, uint64

from likewise.arrays import text_block as block
from likewise.system.compiled import CACHE
from likewise.tokens.corpus import characters
from likewise.tokens.corpus.simd import (
    KEY,
    WIDTH,
    byte_at,
    in_range,
    key_at,
    letters_of,
    lowest,
    prefetch,
    set_word,
    word_at,
)
from likewise.tokens.corpus.spellings import (
    ONE,
    PADDING,
    SLOT_BYTES,
    Spellings,
    count,
    count_long,
    find,
    grown,
    home,
    is_crowded,
    number_of,
    roomy,
)
from likewise.tokens.corpus.utf8 import decode, first_invalid

# How words are found.
WORDS, WHITE, GIVEN = 0, 1, 2
# Of the byte before a chunk: it is in a word, of a letter, digit or ideograph; it is a carriage return.
IN_WORD, OF_LETTER, OF_DIGIT, OF_IDEOGRAPH, IS_CR = cast("list[Any]", [np.uint64(1 << i) for i in range(5)])
AHEAD = 32  # words between prefetching a slot and reading it, about the time that memory takes
PLACE_BYTES = 24
TOKEN_END, ROW_END = block.TOKEN_END[0], block.ROW_END[0]
ALL: Any = np.uint64(2**64 - 1)
ZERO: Any = np.uint64(0)
SPACE = np.uint8(characters.SPACE)
LINE = np.uint8(characters.ROW_END)
BASE = np.uint8(characters.BASE)
LETTER = np.uint8(characters.LETTER)
DIGIT = np.uint8(characters.DIGIT)
MARK = np.uint8(characters.MARK)
IDEOGRAPH = np.uint8(characters.IDEOGRAPH)
APOSTROPHE = np.uint8(characters.APOSTROPHE)


class Scanned(NamedTuple):
    """What one block holds."""

    ids: np.ndarray  # (t,) int32: the number of each token's spelling in the worker's table
    ends: np.ndarray  # (r,) int32: the number of tokens before the end of each row that ends here
    rows: int  # how many rows end here, blank ones too
    tail: bool  # whether bytes follow the last row end


class NotUtf8(Exception):
    """The block has a byte, at `place`, that is not UTF-8."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Scanner:
    """One worker: its table of spellings and the buffers that it uses again for each block.

    `blank_rows` says whether the end of a row without a token is noted too.
    """

    def __init__(self, rule: int, fold: bool, blank_rows: bool = False) -> None:
        self.rule, self.fold, self.blank_rows = rule, np.uint8(32 if fold else 0), blank_rows
        self.spellings = Spellings()
        self.classes = characters.classes()
        self.text = np.empty(0, np.uint8)
        self.ids = np.empty(0, np.int32)
        self.ends = np.empty(0, np.int32)

    def scan(self, data: bytes, kind: str) -> Scanned:
        """Count the words of a block's data, cut between words; `NotUtf8` where `lines` are not UTF-8."""
        n = len(data)
        self._take(data, block.TOKEN_END[0] if kind == "tokens" else ord(" "))
        if kind == "lines" and (place := first_invalid(self.text, n)) < n:
            raise NotUtf8(place)
        own = self.spellings
        own.table, own.arena, tokens, ends, rows, tail = scan(
            self.text,
            n,
            GIVEN if kind == "tokens" else self.rule,
            kind == "lines",
            self.blank_rows,
            self.fold,
            self.classes,
            own.table,
            own.arena,
            own.used,
            self.ids,
            self.ends,
        )
        return Scanned(self.ids[:tokens].copy(), self.ends[:ends].copy(), rows, tail)

    def _take(self, data: bytes, separator: int) -> None:
        n = len(data)
        if n + PADDING > len(self.text):
            self.text = np.empty(n + PADDING, np.uint8)
            self.ids = np.empty(n // 2 + WIDTH, np.int32)  # a token is two bytes at least, with what parts it
            self.ends = np.empty(n + WIDTH if self.blank_rows else n // 2 + WIDTH, np.int32)
        self.text[:n] = np.frombuffer(data, np.uint8)
        self.text[n : n + PADDING] = separator


@njit(nogil=True, cache=CACHE)
def bits_from(place: int, length: int) -> int:
    """A mask with `length` ones from bit `place` on; place + length is at most 64."""
    return (ALL >> uint64(64 - length)) << uint64(place)


@njit(nogil=True, cache=CACHE)
def after(mask: int, before: int, flag: int) -> int:
    """Bit i says that bit i - 1 of the mask is set; for the first bit, that `before` has `flag`."""
    return (mask << ONE) | (ONE if before & flag else ZERO)


@njit(nogil=True, cache=CACHE)
def foreign_words(
    address: int, leads: int, base: int, letter: int, digit: int, before: int, classes: int
) -> tuple[int, int, int, int, int, int, int, int]:
    """Set the bits of the characters that are not ASCII, for the rule WORDS.

    Returns base, letter, digit, ideograph, its first bytes, joined apostrophes, row ends, and how many bytes
    are decided: the last character may need the next chunk.
    """
    ideograph = firsts = joined = rows = ZERO
    while leads:
        place = lowest(leads)
        leads &= leads - ONE
        code, length = decode(address + place)
        if place + length > WIDTH:
            return base, letter, digit, ideograph, firsts, joined, rows, place
        bit, bits, kind = ONE << uint64(place), bits_from(place, length), byte_at(classes + code)
        if kind & BASE:
            base |= bits
            if kind & LETTER:
                letter |= bits
            if kind & DIGIT:
                digit |= bits
        elif kind & IDEOGRAPH:
            ideograph |= bits
            firsts |= bit
        elif kind & MARK:
            if after(ideograph, before, OF_IDEOGRAPH) & bit:
                ideograph |= bits
            elif after(base, before, IN_WORD) & bit:
                base |= bits
                letter |= bits
        elif kind & APOSTROPHE:
            if place + length == WIDTH:
                return base, letter, digit, ideograph, firsts, joined, rows, place
            follower, _ = decode(address + place + length)
            if after(letter, before, OF_LETTER) & bit and byte_at(classes + follower) & LETTER:
                joined |= bits
        elif kind & LINE:
            rows |= ONE << uint64(place + length - 1)
    return base, letter, digit, ideograph, firsts, joined, rows, WIDTH


@njit(nogil=True, cache=CACHE)
def foreign_white(address: int, leads: int, white: int, classes: int) -> tuple[int, int, int]:
    """Set the bits of white space that is not ASCII: white, row ends, and how many bytes are decided."""
    rows = ZERO
    while leads:
        place = lowest(leads)
        leads &= leads - ONE
        code, length = decode(address + place)
        if place + length > WIDTH:
            return white, rows, place
        if byte_at(classes + code) & SPACE:
            white |= bits_from(place, length)
            if byte_at(classes + code) & LINE:
                rows |= ONE << uint64(place + length - 1)
    return white, rows, WIDTH


@njit(nogil=True, cache=CACHE)
def words_of(address: int, before: int, classes: int) -> tuple[int, int, int, int, int]:
    """The rule WORDS on 64 bytes: words, breaks inside runs, foreign row ends, width, next `before`."""
    letter = letters_of(address)
    digit = in_range(address, 48, 10)
    base = letter | digit | in_range(address, 95, 1)
    quote = in_range(address, 39, 1)
    point = in_range(address, 44, 1) | in_range(address, 46, 1)
    ideograph = breaks = joined = rows = ZERO
    width = WIDTH
    if in_range(address, 128, 128) | (before & OF_IDEOGRAPH):
        base, letter, digit, ideograph, breaks, joined, rows, width = foreign_words(
            address, in_range(address, 0xC2, 0x33), base, letter, digit, before, classes
        )
        breaks |= after(ideograph, before, OF_IDEOGRAPH) & ~ideograph
    if (quote | point) >> uint64(width - 1) & ONE:  # what follows decides, and it is not in sight
        width -= 1
    joined |= quote & after(letter, before, OF_LETTER) & (letter >> ONE)
    joined |= point & after(digit, before, OF_DIGIT) & (digit >> ONE)
    word = base | ideograph | joined
    last = uint64(width - 1)
    now = IN_WORD if word >> last & ONE else ZERO
    now |= OF_LETTER if letter >> last & ONE else ZERO
    now |= OF_DIGIT if digit >> last & ONE else ZERO
    now |= OF_IDEOGRAPH if ideograph >> last & ONE else ZERO
    return word, breaks, rows, width, now


@njit(nogil=True, cache=CACHE)
def runs_of(address: int, rule: int, classes: int) -> tuple[int, int, int, int]:
    """The rules WHITE and GIVEN on 64 bytes: words, foreign row ends, bytes decided, next `before`."""
    rows = ZERO
    width = WIDTH
    if rule == GIVEN:
        word = in_range(address, 0, ROW_END)
    else:
        white = in_range(address, 9, 5) | in_range(address, 28, 5)
        leads = in_range(address, 0xC2, 1) | in_range(address, 0xE1, 3)
        if leads:
            white, rows, width = foreign_white(address, leads, white, classes)
        word = ~(white | in_range(address, ROW_END, 1))
    return word, rows, width, IN_WORD if word >> uint64(width - 1) & ONE else ZERO


@njit(nogil=True, cache=CACHE)
def line_ends(address: int, before: int) -> tuple[int, int]:
    """Bits of the ASCII row ends of str.splitlines, CR LF as one; and the bits of CR."""
    cr = in_range(address, 13, 1)
    ends = in_range(address, 10, 4) | in_range(address, 28, 3)
    return ends & ~(in_range(address, 10, 1) & after(cr, before, IS_CR)), cr


@njit(nogil=True, cache=CACHE)
def expect(queue: int, table: int, mask: int, address: int, length: int, fold: int) -> None:
    """Put a short word in its place of the queue and prefetch its slot, which is seldom in the cache."""
    first, second = key_at(address, length, fold)
    prefetch(table + np.int64(home(first, second) & mask) * SLOT_BYTES)
    set_word(queue, first)
    set_word(queue + 8, second)
    set_word(queue + 16, length)


@njit(nogil=True, cache=CACHE)
def settle(place: int, slots: int, mask: int, distinct: int) -> tuple[int, int]:
    """Count the word in a place of the queue: its number, -1 if there is none, and how many are distinct."""
    first, second, length = word_at(place), word_at(place + 8), np.int64(word_at(place + 16))
    if length == 0:
        return -1, distinct
    slot = find(slots, mask, first, second, length)
    distinct = count(slot, first, second, length, 1, distinct)
    return number_of(slot), distinct


@njit(nogil=True, cache=CACHE)
def scan(
    text: np.ndarray,
    n: int,
    rule: int,
    lines: bool,
    blank_rows: bool,
    fold: int,
    classes: np.ndarray,
    table: np.ndarray,
    arena: np.ndarray,
    used: np.ndarray,
    ids: np.ndarray,
    ends: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, int, int, int, bool]:
    """Number the words of text[:n]: the table, the arena, how many tokens, row ends, rows, and the tail.

    text[n:] must be separators, at least PADDING of them: the first closes the last word.
    """
    address, base, start = text.ctypes.data, 0, 0
    tokens = row_ends = rows = 0
    closed, row_after = -1, 0
    before = ZERO
    queue = np.zeros((AHEAD, 3), np.uint64)
    distinct = used[0]
    slots, mask = table.ctypes.data, uint64(len(table) - 1)
    while base < n + 1:
        if is_crowded(distinct + WIDTH + AHEAD, len(table)):
            used[0] = distinct
            table = grown(table, used, WIDTH + AHEAD)
            slots, mask = table.ctypes.data, uint64(len(table) - 1)
        breaks = ZERO
        if rule == WORDS:
            word, breaks, stops, width, now = words_of(address + base, before, classes.ctypes.data)
        else:
            word, stops, width, now = runs_of(address + base, rule, classes.ctypes.data)
        width = min(width, n + 1 - base)
        decided = ALL >> uint64(WIDTH - width)
        if lines:
            ascii_stops, cr = line_ends(address + base, before)
            stops |= ascii_stops
            now |= IS_CR if cr >> uint64(width - 1) & ONE else ZERO
        else:
            stops = in_range(address + base, ROW_END, 1)
        stops &= decided
        previous = after(word, before, IN_WORD)
        begins = word & (~previous | breaks) & decided
        closes = previous & (~word | breaks) & decided
        if not before & IN_WORD:
            start = base + lowest(begins)
            begins &= begins - ONE
        while True:
            stop = stops & (ZERO - stops)
            part = closes & (stop | (stop - ONE))  # all of them where no row ends any more
            closes ^= part
            while part:
                length = base + lowest(part) - start
                place = queue.ctypes.data + (tokens & (AHEAD - 1)) * PLACE_BYTES
                number, distinct = settle(place, slots, mask, distinct)
                if number >= 0:
                    ids[tokens - AHEAD] = number
                if length <= KEY:
                    expect(place, slots, mask, address + start, length, fold)
                else:
                    used[0] = distinct
                    arena = roomy(arena, used, length)
                    ids[tokens] = count_long(table, arena, used, address + start, length, fold, 1)
                    distinct = used[0]
                    set_word(place + 16, ZERO)
                tokens += 1
                part &= part - ONE
                start = base + lowest(begins)
                begins &= begins - ONE
            if not stops:
                break
            row_after = base + lowest(stops) + 1
            stops ^= stop
            rows += 1
            if blank_rows or tokens > closed:
                ends[row_ends] = tokens
                row_ends += 1
                closed = tokens
        before = now
        base += width
    for token in range(tokens, tokens + AHEAD):
        place = queue.ctypes.data + (token & (AHEAD - 1)) * PLACE_BYTES
        number, distinct = settle(place, slots, mask, distinct)
        if number >= 0:
            ids[token - AHEAD] = number
    used[0] = distinct
    if lines and 0 < row_after < n and text[row_after - 1] == 13 and text[row_after] == 10:
        row_after += 1  # CR LF is one row end, counted at the CR
    return table, arena, tokens, row_ends, rows, row_after < n
