"""Writing to disk: to a temporary name, synced, then renamed, so that a crash leaves the old one or the new one, whole.

What is being written bears a name of ours, `.likewise-NAME-HOST-PID-TOKEN.new`, in which NAME and HOST are
short digests (the name itself may already be as long as a name can be). So the next save knows what a dead
process left behind.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import logging
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from likewise.errors import InputError, LikewiseError, NotEnoughSpace, OutputExists

log = logging.getLogger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG})
AT_CURRENT_FOLDER, EXCHANGE = -100, 2  # linux/fcntl.h: AT_FDCWD; linux/fs.h: RENAME_EXCHANGE
UNABLE_TO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})

_underway: set[str] = (
    set()
)  # a pid alone cannot distinguish this process's own work from that of an earlier one with its pid


def readable_size(count: int) -> str:
    """`count` bytes as a person reads them: "512 bytes", "1.2 GB"."""
    if count < 1000:
        return f"{count} bytes"
    size = float(count)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def sha256_of(path: Path | BinaryIO) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits, in constant memory."""
    if not isinstance(path, str | os.PathLike):
        path.seek(0)
        return hashlib.file_digest(path, "sha256").hexdigest()  # type: ignore[arg-type]
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Descriptor(io.RawIOBase):
    """A file written by `os.write` alone, so that a test can let any single call fail."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: Any) -> int:
        return os.write(self._descriptor, data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write at a path that must not exist yet; its bytes are on the disk after the block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with io.BufferedWriter(_Descriptor(descriptor), 1 << 20) as file:
        yield cast(BinaryIO, file)
        file.flush()
        os.fsync(descriptor)


@contextlib.contextmanager
def atomic_file(path: Path | str, *, needed_bytes: int | None = None) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` when the block ends well, and leaves no trace otherwise.

    Raises `InputError` where `path` is no regular file or its folder cannot be written in, and
    `NotEnoughSpace` where the disk is full.
    """
    path = _resolved(path)
    if os.path.lexists(path) and not os.path.isfile(path):
        raise InputError(f"{path} is not a regular file: give the name of a file to write")
    with _faults_named(path, needed_bytes), _temporary(path) as fresh:
        with new_file(fresh) as file:
            yield file
        os.replace(fresh, path)
        _sync_folder(path.parent)


def replace_folder(
    folder: Path | str,
    fill: Callable[[Path], None],
    *,
    overwrite: bool = False,
    needed_bytes: int | None = None,
) -> None:
    """Put in the place of `folder` one that `fill` has filled; at any instant the old or the new is whole.

    `fill` makes each file by `new_file`, which syncs it. Nothing is ever written in place, so a reader that
    has the old files open or mapped keeps them. The caller sees to it that a folder to overwrite may be lost.

    Raises `OutputExists` where the folder exists and `overwrite` is False, `InputError` where its
    parent cannot be written in, and `NotEnoughSpace`: before anything is written, where `needed_bytes` is
    given and is more than what is free.
    """
    folder = _resolved(folder)
    with _faults_named(folder, needed_bytes), _temporary(folder) as fresh:
        _refuse_existing(folder, overwrite)
        if needed_bytes is not None and needed_bytes > shutil.disk_usage(folder.parent).free:
            raise OSError(errno.ENOSPC, "foreseen")
        os.mkdir(fresh)
        fill(fresh)
        _sync_folder(fresh)
        _put_in_place(fresh, folder, overwrite)
        _sync_folder(folder.parent)


def standing(folder: Path) -> Path:
    """Where to read `folder`: there, or where the old one was set aside by a replacement that was cut short.

    That can only be where the system has no exchange of two names. A reader writes nothing, so it puts
    nothing back.
    """
    if not folder.exists():
        for _, role, aside in _ours(_resolved(folder)):
            if role == "old":
                return aside
    return folder


def sweep(path: Path) -> None:
    """Remove what dead processes left next to `path`, or put back the old folder that one had set aside."""
    path = _resolved(path)
    for process, role, leftover in _ours(path):
        if leftover.name in _underway or (process != os.getpid() and is_alive(process)):
            continue
        if role == "old" and not path.exists():
            os.rename(leftover, path)
            log.warning("put back %s, which process %d had set aside when it ended", path, process)
        else:
            remove(leftover)
            log.warning("removed %s, left behind by process %d, which no longer runs", leftover, process)


def remove(path: Path) -> None:
    """Remove a file or a whole folder; a failure is only logged, for what matters is done by then."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("could not remove %s: %s", path, error)


def is_alive(process: int) -> bool:
    """Whether a process of this machine runs; True where that cannot be found out."""
    if sys.platform == "win32":
        return True  # os.kill(process, 0) would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def _resolved(path: Path | str) -> Path:
    return Path(os.path.realpath(path))  # a link to a model is followed: the model is replaced, not the link


def _name_digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:12]


def _prefix(path: Path) -> str:
    return f".likewise-{_name_digest(path.name)}-{_name_digest(socket.gethostname())}-"


def _sibling(path: Path, role: str) -> Path:
    return path.with_name(f"{_prefix(path)}{os.getpid()}-{secrets.token_hex(4)}.{role}")


def _ours(path: Path) -> Iterator[tuple[int, str, Path]]:
    """Each (process, role, path) of what was being written for `path` from this host, by name."""
    prefix = _prefix(path)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        for name in sorted(os.listdir(path.parent)):
            process, _, rest = name.removeprefix(prefix).partition("-")
            if name.startswith(prefix) and process.isdecimal():
                yield int(process), rest.rpartition(".")[2], path.with_name(name)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name next to `path` to build at; whatever bears it at the end, half-built or replaced, is removed."""
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent} to write {path.name} in: make it first")
    sweep(path)
    fresh = _sibling(path, "new")
    _underway.add(fresh.name)
    try:
        yield fresh
    finally:
        remove(fresh)
        _underway.discard(fresh.name)


@contextlib.contextmanager
def _faults_named(path: Path, needed_bytes: int | None) -> Iterator[None]:
    """Turn a full disk, in any call, into `NotEnoughSpace` with what is needed and what is free."""
    try:
        yield
    except LikewiseError:
        raise
    except OSError as error:
        if error.errno in FORBIDDEN:
            raise InputError(f"cannot write {path}: {error.strerror}") from error
        if error.errno not in FULL:
            raise
        free = shutil.disk_usage(path.parent).free
        raise NotEnoughSpace(f"{path} was not written: {_shortage(free, needed_bytes)}") from error


def _shortage(free: int, needed: int | None) -> str:
    message = f"the disk or a quota is full, {readable_size(free)} free"
    if needed is None:
        return f"{message}: free some"
    more = readable_size(needed - free) if needed > free else "some"
    return f"{message}, {readable_size(needed)} needed: free {more}"


def _refuse_existing(folder: Path, overwrite: bool) -> None:
    if not overwrite and os.path.lexists(folder):
        raise OutputExists(f"{folder} is there already: choose another name, or overwrite it")


def _put_in_place(fresh: Path, folder: Path, overwrite: bool) -> None:
    _refuse_existing(folder, overwrite)
    if not os.path.lexists(folder):
        os.rename(fresh, folder)
    elif not _exchange(fresh, folder):
        _replace_in_two_steps(fresh, folder)


def _replace_in_two_steps(fresh: Path, folder: Path) -> None:
    aside = _sibling(folder, "old")
    _underway.add(aside.name)
    try:
        os.rename(folder, aside)
        try:
            os.rename(fresh, folder)
        except BaseException:
            os.rename(aside, folder)
            raise
        remove(aside)
    finally:
        _underway.discard(aside.name)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step; False where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(AT_CURRENT_FOLDER, paths[0], AT_CURRENT_FOLDER, paths[1], EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in UNABLE_TO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems have no sync of a folder
            raise
    finally:
        os.close(descriptor)
