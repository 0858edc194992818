"""A lock file: one process at a time works on an output, and the lock ends with that process."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from pathlib import Path

from likewise.errors import Busy

log = logging.getLogger(__name__)


class Lock:
    """A lock on the folder that `path` lies in: held while the block runs, and gone with its process.

    Entering raises `Busy`, with the pid and host of the holder, which are in the file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._descriptor = -1

    def __enter__(self) -> Lock:
        self._descriptor = self._take()
        left = _read_holder(self._descriptor)
        if left:
            log.warning("took over the lock %s of process %s, which no longer runs", self.path, left)
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, f"{os.getpid()} on {socket.gethostname()}\n".encode())
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            os.unlink(
                self.path
            )  # while it is still held: whoever has it open finds that it is no longer the file
        os.close(self._descriptor)

    def _take(self) -> int:
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            if not _try_lock(descriptor):
                holder = _read_holder(descriptor) or "another one"
                os.close(descriptor)
                raise Busy(f"{self.path.parent} is in use by process {holder}: wait for it, or stop it first")
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                    return descriptor
            os.close(descriptor)  # its holder removed it between our opening and locking it


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # past the text: a locked byte cannot be read there
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _read_holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 300).decode(errors="replace").strip()
