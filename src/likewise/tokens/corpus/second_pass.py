"""The second look: provisional ids become final ones, rare words fall out, and the corpus is written."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path
from types import TracebackType

import numpy as np
from numba import njit

from likewise.system.compiled import CACHE
from likewise.system.progress import Progress
from likewise.tokens.corpus.first_pass import Draft
from likewise.tokens.corpus.parallel_map import in_order


class CorpusWriter:
    """Appends ids and row ends to the two files of a corpus, and digests them on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens = 0
        self._last = 0
        self._ids_digest, self._offsets_digest = sha256(), sha256()

    def __enter__(self) -> CorpusWriter:
        self._ids = afresh(self.folder / "ids.int32")
        self._offsets = afresh(self.folder / "offsets.int64")
        self._put_offsets(np.zeros(1, np.int64))
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ids.close()
        self._offsets.close()

    def add(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Append (t,) int32 ids; `ends`: for each row that ends here, how many stand before its end."""
        self._ids.write(ids.data)
        self._ids_digest.update(ids.data)
        offsets = self.tokens + ends.astype(np.int64)
        offsets = offsets[np.diff(offsets, prepend=self._last) > 0]  # a row that kept nothing is none
        if len(offsets):
            self._put_offsets(offsets)
        self.tokens += len(ids)

    def digest(self, keys: list[str]) -> str:
        """SHA-256 over the digests of ids, offsets and keys."""
        whole = sha256(self._ids_digest.digest() + self._offsets_digest.digest())
        whole.update(b"\xff".join(key.encode() for key in keys))  # a byte that no key holds
        return whole.hexdigest()

    def _put_offsets(self, offsets: np.ndarray) -> None:
        self._offsets.write(offsets.data)
        self._offsets_digest.update(offsets.data)
        self._last = int(offsets[-1])


def afresh(path: Path) -> BufferedWriter:
    """A new file; one that is there and mapped by an earlier corpus is left to whoever holds it."""
    path.unlink(missing_ok=True)
    return path.open("wb")


def rewrite(
    draft: Draft,
    ranks: list[np.ndarray],
    writer: CorpusWriter,
    threads: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Write every block of the draft with the ids of the vocabulary."""

    def renumbered(part: tuple[int, np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        worker, ids, ends = part
        kept = renumber(ids, ends, ranks[worker])
        return ids[:kept], ends

    done = 0
    for part, (ids, ends) in zip(draft.parts, in_order(renumbered, draft.read_back(), threads), strict=True):
        writer.add(ids, ends)
        done += part.tokens
        if progress:
            progress(Progress("encoding", done, draft.reading.tokens, "tokens"))


@njit(nogil=True, cache=CACHE)
def renumber(ids: np.ndarray, ends: np.ndarray, ranks: np.ndarray) -> int:
    """In place, id -> ranks[id] without those below 0, and row ends to match; how many ids are left."""
    kept = start = 0
    for row in range(len(ends) + 1):
        end = ends[row] if row < len(ends) else len(ids)
        for i in range(start, end):
            rank = ranks[ids[i]]
            ids[kept] = rank
            kept += rank >= 0
        start = end
        if row < len(ends):
            ends[row] = kept
    return kept
