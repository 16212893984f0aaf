"""Object code on disk: two processes, damaged and hostile files, folders that must not be used."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autodiff.jit.native import cache, engine
from autodiff.jit.native.cache import MAGIC, SEAL, Refused, Store, folder_of, key_of

KEY, CODE = key_of("a text"), b"object code" * 10
posix = pytest.mark.skipif(not cache.POSIX, reason="modes and owners of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


# ---- a store
def test_what_is_put_is_found_by_this_store_and_by_another(folder: Path):
    store = Store(folder)
    assert store.get(KEY) is None
    store.put(KEY, CODE)
    assert store.get(KEY) == Store(folder).get(KEY) == CODE
    assert store.get(key_of("another text")) is None
    store.put(KEY, b"")
    assert Store(folder).get(KEY) == b""
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".o"]  # nothing else is left


@posix
def test_folder_and_files_are_the_users_own(folder: Path):
    store = Store(folder)
    store.put(KEY, CODE)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def damaged(data: bytes) -> dict[str, bytes]:
    """Ways in which a file may be wrong."""
    start = len(MAGIC) + SEAL
    ways = {
        "empty": b"",
        "cut off": data[:-1],
        "cut off in the seal": data[: len(MAGIC) + 5],
        "longer": data + b"\0",
        "of another format": b"autodiff object code 9\n" + data[len(MAGIC) :],
        "zeros": bytes(len(data)),
        "no seal": data[: len(MAGIC)] + data[start:],
        "somebody's own code": data[:start] + b"hostile code",
    }
    for k in (0, len(MAGIC), start - 1, start, len(data) - 1):
        ways[f"one bit at {k}"] = data[:k] + bytes([data[k] ^ 1]) + data[k + 1 :]
    return ways


@pytest.mark.parametrize("way", damaged(MAGIC + bytes(SEAL) + CODE))
def test_a_damaged_file_is_not_used_and_is_overwritten(way: str, folder: Path):
    store = Store(folder)
    store.put(KEY, CODE)
    path = store.path(KEY)
    path.write_bytes(damaged(path.read_bytes())[way])
    assert store.get(KEY) is None
    store.put(KEY, CODE)
    assert store.get(KEY) == CODE


def test_a_file_under_another_name_is_not_used(folder: Path):
    store = Store(folder)
    store.put(KEY, CODE)
    store.path(KEY).rename(store.path(key_of("another")))
    assert store.get(key_of("another")) is None


def test_a_file_of_another_folder_is_not_used(tmp_path: Path):
    mine, theirs = Store(tmp_path / "mine"), Store(tmp_path / "theirs")
    theirs.put(KEY, CODE)
    mine.path(KEY).write_bytes(theirs.path(KEY).read_bytes())
    os.chmod(mine.path(KEY), 0o600)
    assert mine.get(KEY) is None


def test_a_damaged_secret_is_replaced(folder: Path):
    Store(folder).put(KEY, CODE)
    (folder / "secret").write_bytes(b"short")
    store = Store(folder)
    assert store.get(KEY) is None
    store.put(KEY, CODE)
    assert Store(folder).get(KEY) == CODE


@posix
def test_a_file_that_others_can_write_into_is_not_used(folder: Path):
    store = Store(folder)
    store.put(KEY, CODE)
    os.chmod(store.path(KEY), 0o622)
    assert store.get(KEY) is None
    store.put(KEY, CODE)
    assert store.get(KEY) == CODE


@posix
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_not_used(kind: str, folder: Path):
    store = Store(folder)
    store.put(KEY, CODE)
    path = store.path(KEY)
    other = path.rename(folder / "elsewhere")
    if kind == "link":
        path.symlink_to(other)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert store.get(KEY) is None
    if kind != "folder":
        store.put(KEY, CODE)
        assert store.get(KEY) == CODE


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_can_write_into_is_refused(mode: int, folder: Path):
    folder.mkdir(parents=True)
    os.chmod(folder, mode)
    with pytest.raises(Refused, match="chmod go-w"):
        Store(folder)
    assert list(folder.iterdir()) == []


@posix
def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    Store(folder).put(KEY, CODE)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(Refused, match="another user"):
        Store(folder)


@posix
def test_a_file_of_somebody_else_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(folder)
    store.put(KEY, CODE)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert store.get(KEY) is None


def test_what_was_not_used_for_longest_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "LARGEST", 3000)
    store = Store(folder)
    keys = [bytes([9, k]) * 16 for k in range(4)]
    for k, key in enumerate(keys):
        store.put(key, bytes(900))
        os.utime(store.path(key), (k, k))
    assert store.get(keys[0]) is not None  # and is young again
    store.put(bytes(32), bytes(900))  # a key that makes room
    assert [store.get(key) is not None for key in keys] == [True, False, False, True]
    assert store.get(bytes(32)) is not None


# ---- which folder
def test_folders_by_the_conventions_of_the_platforms(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    assert folder_of("linux", {}) == Path("/home/me/.cache/autodiff")
    assert folder_of("linux", {"XDG_CACHE_HOME": "/var/mine"}) == Path("/var/mine/autodiff")
    assert folder_of("linux", {"XDG_CACHE_HOME": "relative"}) == Path("/home/me/.cache/autodiff")
    assert folder_of("darwin", {}) == Path("/home/me/Library/Caches/autodiff")
    assert folder_of("win32", {"LOCALAPPDATA": "/c"}) == Path("/c/autodiff/Cache")
    assert folder_of("win32", {}) == Path("/home/me/AppData/Local/autodiff/Cache")
    for platform in ("linux", "darwin", "win32"):
        assert folder_of(platform, {"AUTODIFF_CACHE": "/own"}) == Path("/own")
        assert folder_of(platform, {"AUTODIFF_CACHE": "off"}) is None


def test_a_user_without_a_home_has_no_folder(monkeypatch: pytest.MonkeyPatch):
    def home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", home)
    assert folder_of("linux", {}) is None


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Chooses the folder of this process, for one test."""

    def choose(path: Path | str) -> None:
        monkeypatch.setenv("AUTODIFF_CACHE", str(path))
        cache.store.cache_clear()

    yield choose
    monkeypatch.undo()
    cache.store.cache_clear()


def test_a_folder_that_cannot_be_made_warns_once_and_code_runs_without(tmp_path: Path, chosen: Any):
    (tmp_path / "file").touch()
    chosen(tmp_path / "file" / "cache")
    with pytest.warns(RuntimeWarning, match="AUTODIFF_CACHE") as noted:
        assert [cache.store(), cache.store()] == [None, None]
    assert len(noted) == 1


def test_a_full_disk_warns_once_and_code_runs_without(folder: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(folder)

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(RuntimeWarning, match="No space left") as noted:
        store.put(KEY, CODE)
        store.put(KEY, CODE)
    assert len(noted) == 1
    assert store.get(KEY) is None
    assert [path.name for path in folder.iterdir()] == ["secret"]


# ---- what the engine keeps there
TEXT = "define double @f(double %x) {\n  %y = fadd double %x, 1.0\n  ret double %y\n}\n"


def test_the_engine_compiles_once_and_again_for_what_is_damaged(
    folder: Path, chosen: Any, monkeypatch: pytest.MonkeyPatch
):
    chosen(folder)
    compiled, real = [], engine.emitted
    monkeypatch.setattr(engine, "emitted", lambda *given: compiled.append(1) or real(*given))
    code = engine.kept(TEXT, engine.machine())
    assert engine.kept(TEXT, engine.machine()) == code
    assert len(compiled) == 1
    (path,) = folder.glob("*.o")
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert engine.kept(TEXT, engine.machine()) == code
    assert len(compiled) == 2
    assert path.read_bytes() == good


def test_another_version_or_processor_has_a_file_of_its_own(
    folder: Path, chosen: Any, monkeypatch: pytest.MonkeyPatch
):
    chosen(folder)
    engine.kept(TEXT, engine.machine())
    monkeypatch.setattr(engine, "version", lambda: "llvmlite 99")
    engine.kept(TEXT, engine.machine())
    engine.kept(TEXT, engine.foreign("aarch64-unknown-linux-gnu"))
    assert len(list(folder.glob("*.o"))) == 3


PROGRAM = f"""
import ctypes, sys
from autodiff.jit.native import engine
real = engine.emitted
engine.emitted = lambda *given: print("compiled") or real(*given)
for k in range(int(sys.argv[1])):
    text = {TEXT!r}.replace("1.0", f"{{k}}.0")
    f = engine.library(text, ("f",)).function("f", ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double))
    assert f(2.0) == 2.0 + k
"""


def run(folder: Path, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "AUTODIFF_CACHE": str(folder)}
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(count)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_second_process_compiles_nothing(folder: Path):
    first, _ = (done := run(folder, 3)).communicate()
    assert (done.returncode, first.split()) == (0, ["compiled"] * 3)
    second, _ = (done := run(folder, 4)).communicate()
    assert (done.returncode, second.split()) == (0, ["compiled"])


def test_processes_that_start_together_share_a_folder(folder: Path):
    running = [run(folder, 20) for _ in range(3)]
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0, 0, 0]
    assert {path.suffix for path in folder.iterdir()} == {"", ".o"}
    after, _ = run(folder, 20).communicate()
    assert after.split() == []
