"""Zstandard frames as a stream that notices a cut file, as the package's own reader does not."""

from __future__ import annotations

import io
from typing import IO, Any

from likewise.system.extras import need

FEED = 1 << 10  # packed bytes at a time: even a bomb of repeated bytes unpacks to tens of MB at most


class ZstdReader(io.RawIOBase):
    """The unpacked bytes of `file`, one frame after the other; damage raises OSError, a cut EOFError."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.zstandard = need("zstandard", "all", "reading .zst")
        self.frame: Any = None
        self.waiting = memoryview(b"")
        self.packed = b""

    def readable(self) -> bool:
        """True, as io demands of a stream."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the start, at most; the bytes given, 0 at the end."""
        while not self.waiting:
            self.packed = self.packed or self.file.read(FEED)
            if not self.packed:
                if self.frame is not None:
                    raise EOFError("the file ends inside a frame")
                return 0
            self.waiting = memoryview(self._unpack())
        n = min(len(buffer), len(self.waiting))
        buffer[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n

    def _unpack(self) -> bytes:
        if self.frame is None:
            self.frame = self.zstandard.ZstdDecompressor().decompressobj()
        try:
            data: bytes = self.frame.decompress(self.packed)
        except self.zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        self.packed = self.frame.unused_data
        if self.frame.eof:
            self.frame = None
        return data
