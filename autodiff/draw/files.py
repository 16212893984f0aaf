"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__: list[str] = []


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """The content under this path, whole: into a new file beside it, which then takes the name.

    Raises OSError, naming the path, if that can't be done; then what was there before is still there.
    """
    target = Path(path)
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, mode)
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        why = error.strerror or str(error)
        raise type(error)(error.errno, f"the picture was not saved: {why}", str(target)) from None


def umask() -> int:
    """The mask that new files get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
