"""The page's files: read and packed once, named by what is in them, kept by browsers until that changes."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import Parameter

from appliance.web.context import Context

FOLDER = Path(__file__).parent.parent / "static"
START = "index.html"
TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
MARK_LENGTH = 12
MAX_PATH = 200
VERSION_PREFIX = "v-"
OPTIONAL = ("/api/health/history", "/api/updates", "/api/backups", "/api/setup", "/api/factory-reset")
"""Paths that not every appliance has: so the page need not ask in vain."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    """By gzip, where that is smaller."""
    kind: str
    etag: str


@dataclass(frozen=True, slots=True)
class Files:
    """All of them by their path below /static/, and a name for this state of them."""

    by_path: Mapping[str, File]
    version: str


def read(folder: Path) -> Files:
    """Everything below it that has a known kind. Raises OSError."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
    bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    version = _mark(b"".join(name.encode() + body for name, body in bodies.items()))
    return Files({name: pack(name, body) for name, body in bodies.items()}, version)


def pack(name: str, body: bytes) -> File:
    """One file; the same bytes give the same ETag."""
    packed = gzip.compress(body, 9, mtime=0)
    smaller = packed if len(packed) < len(body) else None
    return File(body, smaller, TYPES[Path(name).suffix], f'"{_mark(body)}"')


def _mark(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:MARK_LENGTH]


@cache
def files() -> Files:
    """The page's own, once for the process: a new version of them comes with a new process."""
    return read(FOLDER)


def start(known: Files, language: str, paths: Iterable[str] = ()) -> File:
    """The page itself, in this language, told where this state's files are and which paths there are."""
    text = known.by_path[START].body.decode()
    offered = " ".join(path for path in OPTIONAL if path in set(paths))
    filled = text.replace("{version}", known.version).replace("{offered}", offered)
    filled = filled.replace("{language}", html.escape(language))
    return pack(START, filled.encode())


def find(known: Files, path: str) -> tuple[File, str]:
    """The file at a path below /static/, and how long a browser may keep it. Raises NotFoundException."""
    first, _, rest = path.lstrip("/").partition("/")
    versioned = first.startswith(VERSION_PREFIX)
    found = known.by_path.get(rest if versioned else path.lstrip("/"))
    if found is None:
        raise NotFoundException(f"the page has no file {path[:MAX_PATH]!r}")
    # A page from before an update gets what there is now, and asks again the next time.
    return found, FOR_EVER if first == VERSION_PREFIX + known.version else ASK_FIRST


def answer(file: File, lifetime: str, accepts: str, known_etag: str) -> Response[bytes]:
    """With the headers that go with it; 304 when the browser has it."""
    headers = {"etag": file.etag, "cache-control": lifetime, "vary": "accept-encoding"}
    if known_etag and file.etag in {each.strip().removeprefix("W/") for each in known_etag.split(",")}:
        return Response(b"", status_code=304, headers=headers)
    if file.packed is not None and takes_gzip(accepts):
        return Response(file.packed, media_type=file.kind, headers=headers | {"content-encoding": "gzip"})
    return Response(file.body, media_type=file.kind, headers=headers)


def takes_gzip(accepts: str) -> bool:
    """What an Accept-Encoding header says about gzip."""
    for part in accepts.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


Asking = Request[Any, Any, Any]


def _send(request: Asking, file: File, lifetime: str) -> Response[bytes]:
    accepts = request.headers.get("accept-encoding", "")
    return answer(file, lifetime, accepts, request.headers.get("if-none-match", ""))


@get("/", opt={"scope": None}, include_in_schema=False)
async def page(request: Asking, context: Context) -> Response[bytes]:
    """The page."""
    known = await asyncio.to_thread(files)
    paths = [route.path for route in request.app.routes]
    return _send(request, start(known, context.settings.language, paths), ASK_FIRST)


@get("/static/{path:path}", opt={"scope": None}, include_in_schema=False)
async def static(
    request: Asking, path: Annotated[str, Parameter(max_length=MAX_PATH, description="below /static/")]
) -> Response[bytes]:
    """What the page needs."""
    file, lifetime = find(await asyncio.to_thread(files), str(path))
    return _send(request, file, lifetime)


@get("/favicon.ico", opt={"scope": None}, include_in_schema=False)
async def icon(request: Asking) -> Response[bytes]:
    """For browsers that ask without having been told."""
    file, lifetime = find(await asyncio.to_thread(files), "icon.svg")
    return _send(request, file, lifetime)


ROUTES: list[Any] = [page, static, icon]
