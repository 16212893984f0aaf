"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

__all__: list[str] = []


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """The content under this path, whole: into a new file beside it, which then takes the name.

    Raises OSError, naming the path, if that can't be done; then what was there before is still there.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name[:40]}.{os.getpid()}-{time.time_ns()}.part")
    try:
        try:
            with open(part, "xb") as file:
                file.write(content)
            if target.exists():
                part.chmod(target.stat().st_mode & 0o777)
            os.replace(part, target)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        why = error.strerror or str(error)
        raise type(error)(error.errno, f"the picture was not saved: {why}", str(path)) from None
