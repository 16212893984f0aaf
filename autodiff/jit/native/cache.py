"""Object code on disk, so that the next process need not compile it again.

A folder of files, one for each module.  Its name is a digest of all that the code depends on: the module's
text, the processor and its features, and the versions of llvmlite, of LLVM and of this file's format.  What
is changed makes another name, and no file is ever out of date.

`AUTODIFF_CACHE` is the folder, or `off`.  Without it:

    Linux and others    $XDG_CACHE_HOME/autodiff, or ~/.cache/autodiff
    macOS               ~/Library/Caches/autodiff
    Windows             %LOCALAPPDATA%\\autodiff\\Cache

**What is trusted.**  What is read is run, so the folder must be the user's own: it is made with mode 0700,
and refused if somebody else owns it or may write into it.  So are single files.  A file is used if its
length and its seal are right: a digest of its name and its content, keyed with a secret that lies in the
folder.  A file that is cut off, damaged, renamed or made by somebody who can't read the secret is not; it
is compiled again and overwritten.  (Windows has no such modes; there the user's folders are private by
default, and the seal is checked as everywhere.)

**Several processes** may share the folder.  A file is written under a name of its own and then renamed,
which is one step: readers see all of it or nothing, and of two who write the same, the last wins, with the
same code.

A folder that can't be made or written in is no error: one warning, and code is kept in memory alone.  When
the files are larger than `LARGEST` together, those that have not been used for longest are deleted.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__: list[str] = []

MAGIC = b"autodiff object code 1\n"  # with another number when the format changes
SEAL = 32  # bytes of a digest, and of the secret
LARGEST = 256 << 20  # bytes of all files together
POSIX = os.name == "posix"
BINARY = getattr(os, "O_BINARY", 0)  # on Windows
READ = os.O_RDONLY | BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY


class Refused(OSError):
    """A folder or file that isn't the user's own."""


class Store:
    """A folder of object code.  Raises OSError if it can't be made, Refused if it isn't the user's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_owner(os.stat(folder), folder)
        self.folder, self.writes, self.sealed = folder, True, b""
        self.sealed = self.secret()

    def secret(self) -> bytes:
        """The key of the seals.  Whoever comes first makes it; one that is damaged is made anew."""
        path, new = self.folder / "secret", secrets.token_bytes(SEAL)
        try:
            with os.fdopen(os.open(path, CREATE, 0o600), "wb") as file:
                file.write(new)
            return new
        except FileExistsError:
            pass
        for _ in range(100):  # the process that makes it may not have written it yet
            with suppress(OSError):
                if len(found := read(path)) == SEAL:
                    return found
            time.sleep(0.001)
        write(path, new)
        return new

    def get(self, key: bytes) -> bytes | None:
        """The code that was put here under this key, if it is there and in order."""
        path = self.path(key)
        try:
            found = read(path)
        except OSError:
            return None
        start = len(MAGIC) + SEAL
        code = found[start:]
        if found[: len(MAGIC)] != MAGIC or not secrets.compare_digest(
            found[len(MAGIC) : start], self.seal(key, code)
        ):
            return None
        with suppress(OSError):
            os.utime(path)  # for whoever makes room
        return code

    def put(self, key: bytes, code: bytes) -> None:
        """Keep code under a key, in the place of what is there.  What can't be written is not kept."""
        if not self.writes:
            return
        try:
            write(self.path(key), MAGIC + self.seal(key, code) + code)
            if key[0] < 4:  # now and then
                self.make_room()
        except OSError as error:
            self.writes = False
            warn(self.folder, error)

    def path(self, key: bytes) -> Path:
        return self.folder / f"{key.hex()}.o"

    def seal(self, key: bytes, code: bytes) -> bytes:
        return hashlib.blake2b(key + code, digest_size=SEAL, key=self.sealed).digest()

    def make_room(self) -> None:
        """Delete the files that have not been used for longest."""
        files = []
        for entry in os.scandir(self.folder):
            with suppress(OSError):  # another process makes room, too
                found = entry.stat(follow_symlinks=False)
                files.append((found.st_mtime, found.st_size, entry.path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= LARGEST:
                break
            if path.endswith((".o", ".new")):
                with suppress(OSError):
                    os.unlink(path)
                    total -= size


def key_of(*parts: str) -> bytes:
    """A digest of texts, each of which counts by itself."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode()
        found.update(len(data).to_bytes(8, "little"))
        found.update(data)
    return found.digest()


# ---- files -----------------------------------------------------------------------------------------------
def read(path: Path) -> bytes:
    """A file of the user's own; OSError if it is none."""
    with os.fdopen(os.open(path, READ), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{path} is no file")
        check_owner(found, path)
        return file.read()


def write(path: Path, data: bytes) -> None:
    """Write a file in one step: there is all of it, or what was there before."""
    new = path.with_name(f"{path.stem}.{os.getpid()}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(new, CREATE, 0o600), "wb") as file:
            file.write(data)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)
        raise


def check_owner(found: os.stat_result, path: Path) -> None:
    """Raise Refused for what isn't the user's own, or what others can write into."""
    if not POSIX:
        return
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(f"others can write into {path}: chmod go-w {path}")


# ---- which folder ----------------------------------------------------------------------------------------
@cache
def store() -> Store | None:
    """The folder of this process; None if there is none, or it must not be used."""
    folder = folder_of(sys.platform, dict(os.environ))
    if folder is None:
        return None
    try:
        return Store(folder)
    except OSError as error:
        warn(folder, error)
        return None


def folder_of(platform: str, environment: dict[str, str]) -> Path | None:
    """Where code is kept, by the conventions of the platform; None for nowhere."""
    chosen = environment.get("AUTODIFF_CACHE")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    try:
        if platform == "win32":
            local = environment.get("LOCALAPPDATA")
            return (Path(local) if local else Path.home() / "AppData" / "Local") / "autodiff" / "Cache"
        if platform == "darwin":
            return Path.home() / "Library" / "Caches" / "autodiff"
        shared = environment.get("XDG_CACHE_HOME", "")
        return (Path(shared) if os.path.isabs(shared) else Path.home() / ".cache") / "autodiff"
    except RuntimeError:  # a user without a home
        return None


def warn(folder: Path, error: OSError) -> None:
    warnings.warn(
        f"compiled code is not kept on disk, so every process compiles it anew: {error.strerror or error} "
        f"({folder}); AUTODIFF_CACHE names another folder, or is off",
        RuntimeWarning,
        stacklevel=2,
    )
