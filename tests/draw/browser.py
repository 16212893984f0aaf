"""A headless Chromium, driven through chromedriver by plain WebDriver HTTP (W3C WebDriver, 2018)."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def missing() -> str:
    """Why there is no browser here; nothing where there is one."""
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if not shutil.which(program):
            return f"no {program} here: Debian's package {package} has it"
    return ""


class Browser:
    """One window.  `with Browser() as window: window.open(path); window.run("return document.title")`."""

    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        self.driver = subprocess.Popen(
            [shutil.which("chromedriver"), "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self.driver.stdout:
            if port := re.search(r"successfully on port (\d+)", line):
                break
        self.address = f"http://127.0.0.1:{port[1]}"
        options = {"args": [*FLAGS, f"--user-data-dir={self.profile}"], "binary": shutil.which("chromium")}
        logs = {"browser": "ALL", "performance": "ALL"}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": logs}}
        try:
            self.session = self.call("POST", "/session", {"capabilities": wanted})["sessionId"]
        except BaseException:
            self.end()
            raise

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=300) as answer:
            return json.load(answer)["value"]

    def do(self, what: str, **body: Any) -> Any:
        return self.call("POST", f"/session/{self.session}/{what}", body)

    def devtools(self, command: str, **params: Any) -> Any:
        return self.do("goog/cdp/execute", cmd=command, params=params)

    def open(self, path: Path | str, part: str = "") -> None:
        self.do("url", url="about:blank")
        self.do("url", url=Path(path).absolute().as_uri() + part)

    def run(self, script: str, *args: Any) -> Any:
        return self.do("execute/sync", script=script, args=list(args))

    def key(self, key: str) -> None:
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.do("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def size(self, width: int, height: int, scheme: str = "light") -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.devtools("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path | str) -> None:
        shot = self.call("GET", f"/session/{self.session}/screenshot")
        Path(path).write_bytes(base64.b64decode(shot))

    def complaints(self) -> list[str]:
        """What the page wrote to the console."""
        return [entry["message"] for entry in self.do("se/log", type="browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        entries = [json.loads(e["message"])["message"] for e in self.do("se/log", type="performance")]
        sent = [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("data:", "about:", "chrome:"))]

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            self.call("DELETE", f"/session/{self.session}")
        finally:
            self.end()

    def end(self) -> None:
        self.driver.terminate()
        self.driver.wait(60)
        self.driver.stdout.close()
        time.sleep(0.1)
        shutil.rmtree(self.profile, ignore_errors=True)
