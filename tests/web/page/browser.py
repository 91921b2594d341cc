"""A real headless Chromium, steered by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

SECONDS = 40.0
TEXT_FRAME = 1
TOLD = "document.body.innerText.slice(0, 900) + JSON.stringify(window.troubles || [])"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--remote-debugging-port=0",
)  # fmt: skip
PHONE, DESKTOP = (360, 740), (1280, 860)
SCREENS = (("phone", PHONE, False), ("dark", PHONE, True), ("desktop", DESKTOP, False))
ROOT = Path(__file__).resolve().parents[3]


class BrowserError(Exception):
    """A script threw, or the protocol refused."""


def keep(browser: Browser, name: str) -> None:
    """A picture for people to look at: in $PAGE_PICTURES, and in CI among what it keeps."""
    usual = str(ROOT / "build" / "pictures") if os.environ.get("CI") == "true" else ""
    folder = os.environ.get("PAGE_PICTURES", usual)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.picture(Path(folder) / f"{name}.png")


def keep_all(browser: Browser, name: str) -> None:
    """The same as on a telephone, in the dark, and on a desk."""
    for kind, size, dark in SCREENS:
        browser.size(size, dark=dark, touch=kind != "desktop")
        keep(browser, f"{name}-{kind}")
    browser.size(PHONE, touch=True)


def executable() -> str | None:
    """Where it is, if it is here."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Frame:
    """One of a WebSocket: text, or bytes."""

    sent: bool
    data: str | bytes


class Browser:
    """One with one page.

    `errors` are what the console complained about, `loaded` what came, `frames` what its WebSockets carry.
    Its microphone plays `microphone` from the moment on in which it is opened; without a file it beeps.
    """

    def __init__(self, folder: Path, microphone: Path | None = None) -> None:
        self._errors: list[str] = []
        self.loaded: dict[str, int] = {}
        self.frames: list[Frame] = []
        self._paths: dict[str, str] = {}
        found = executable()
        assert found
        profile = folder / "profile"
        heard = [] if microphone is None else [f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        with (folder / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                [found, *FLAGS, *heard, f"--user-data-dir={profile}", "about:blank"], stdout=log, stderr=log
            )
        self._socket = self._attach(profile / "DevToolsActivePort")
        self._number = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def _attach(self, announced: Path) -> ClientConnection:
        import httpx

        end = time.monotonic() + SECONDS
        while not announced.exists() or "\n" not in announced.read_text():
            assert time.monotonic() < end, "Chromium did not start"
            assert self._process.poll() is None, "Chromium ended"
            time.sleep(0.05)
        port = announced.read_text().splitlines()[0]
        with httpx.Client(trust_env=False, timeout=SECONDS) as client:
            pages = client.get(f"http://127.0.0.1:{port}/json").json()
        (url,) = [page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"]
        # What it tells waits while the test does something else: it is not asked whether it is still there.
        return connect(url, max_size=64 * 1024 * 1024, max_queue=None, ping_interval=None, proxy=None)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command; its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=SECONDS))
            if message.get("id") == self._number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            self._event(message)

    def _event(self, message: dict[str, Any]) -> None:
        told = message["params"]
        match message.get("method"):
            case "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                self._errors.append(details.get("exception", {}).get("description") or details["text"])
            case "Runtime.consoleAPICalled" if told["type"] == "error":
                self._errors.append(" ".join(str(each.get("value", each)) for each in told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self._errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            case "Network.responseReceived":
                self._paths[told["requestId"]] = told["response"]["url"]
            case "Network.loadingFinished":
                path = self._paths.get(told["requestId"], "?")
                self.loaded[path] = self.loaded.get(path, 0) + told["encodedDataLength"]
            case "Network.webSocketFrameSent" | "Network.webSocketFrameReceived":
                frame = told["response"]
                payload = frame["payloadData"]
                data = payload if frame["opcode"] == TEXT_FRAME else base64.b64decode(payload)
                self.frames.append(Frame(message["method"].endswith("Sent"), data))

    def errors(self) -> list[str]:
        """Since the last time."""
        self.run("0")
        found, self._errors = self._errors, []
        return found

    def run(self, script: str) -> Any:
        """Its value; promises are waited for."""
        told = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            details = told["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return told["result"].get("value")

    def until(self, script: str, seconds: float = SECONDS) -> Any:
        """What is true of this page at last."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            if time.monotonic() > end:
                texts = [each for each in self.frames if isinstance(each.data, str)]
                raise AssertionError(f"never: {script}\n{self._errors}\n{self.run(TOLD)}\n{texts[-9:]}")
            time.sleep(0.05)

    def open(self, url: str, ready: str = "true") -> None:
        """Go there, and wait until `ready` is true of it."""
        self.send("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && ({ready})")

    def view(self, name: str) -> None:
        """Show a view of the page, and wait until it is there."""
        self.run(f"location.hash = '#/{name}'")
        self.until(f"Boolean(document.querySelector('.view-{name.partition('/')[0]} h1'))")

    def size(self, size: tuple[int, int], *, dark: bool = False, touch: bool = False) -> None:
        """Pretend to be such a screen."""
        width, height = size
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=touch,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def click(self, selector: str) -> None:
        """As a mouse does: it must be there to be seen."""
        self.until(f"Boolean(document.querySelector({json.dumps(selector)}))")
        script = (
            "((e) => { e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })"
        )
        box = self.run(f"{script}(document.querySelector({json.dumps(selector)}))")
        for kind in ("mousePressed", "mouseReleased"):
            self.send(
                "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
            )  # fmt: skip

    def fill(self, selector: str, text: str) -> None:
        """Type it into a field that was empty."""
        self.until(f"Boolean(document.querySelector({json.dumps(selector)}))")
        script = "((e) => { e.focus(); e.value = ''; })"
        self.run(f"{script}(document.querySelector({json.dumps(selector)}))")
        self.send("Input.insertText", text=text)

    def key(self, name: str, code: int, text: str = "", *, shift: bool = False) -> None:
        """One key, down and up; `text` is what it writes."""
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=text or name, code=name,
                windowsVirtualKeyCode=code, modifiers=8 if shift else 0, **more,
            )  # fmt: skip

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """A screenshot."""
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
