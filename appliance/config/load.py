"""Read the configuration: defaults, files, overrides, and the origin of every value.

Layers, each over the one before: the defaults of `model`; the profile's (`profiles`);
`/etc/appliance/appliance.toml`; `appliance.toml` of the Python environment (a checkout's own, absent on a
device); `appliance.toml` in `paths.data`; what was chosen while running (`chosen`); variables like
`APPLIANCE__MQTT__HOST`. With an explicit file it stands in place of the three files. A relative path belongs
to the folder of the file that names it (for a variable: the working directory). This is the only module that
knows TOML's syntax.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import tomli

from appliance.config import chosen, profiles, rules, schema
from appliance.config.environment import PREFIX, override
from appliance.config.model import Config
from appliance.config.origins import DEFAULT, InvalidConfig, Origin, Problem
from appliance.errors import ConfigError

LOG = logging.getLogger(__name__)
SYSTEM_FILE = Path("/etc/appliance/appliance.toml")
ENVIRONMENT_FILE = Path(sys.prefix) / "appliance.toml"
"""Written by tools/run, so that the commands of a checkout find the appliance that it started."""
MAX_FILE_BYTES = 1_048_576


class Loaded(msgspec.Struct, frozen=True):
    """The configuration, the origin of each dotted key, and the files that were read."""

    config: Config
    origins: Mapping[str, Origin]
    files: tuple[Path, ...] = ()
    chosen: Mapping[str, object] = {}
    """What was chosen while running, by dotted key; also where a variable wins over it."""


def _without_waiting(path: str, flags: int) -> int:
    # A named pipe in the file's place would otherwise wait for a writer for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def read_bounded(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a regular file. Raises ConfigError when it cannot be read or is above `max_bytes`."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"{path} is not a regular file", "name a file")
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{path} cannot be read: {reason}", f"ls -l {path}") from error
    if len(content) > max_bytes:
        raise ConfigError(f"{path} is larger than {max_bytes} bytes", "is this the right file?")
    return content


def parse_toml(content: bytes, where: str) -> dict[str, object]:
    """A TOML document. Raises ConfigError with line and column; `where` names the document."""
    try:
        return tomli.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{where} is not text in UTF-8 (byte {error.start})", "is this the right file?"
        ) from error
    except (tomli.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(
            f"{where} is not valid TOML: {error}", "mend that line; text needs quotes"
        ) from error


def read_toml(path: Path, max_bytes: int = MAX_FILE_BYTES) -> dict[str, object]:
    """The tables of a TOML file. Raises ConfigError."""
    return parse_toml(read_bounded(path, max_bytes), str(path))


def parse_value(text: str) -> object:
    """One TOML value. Raises ValueError for anything else."""
    document = tomli.loads(f"value = {text}")
    if set(document) != {"value"}:
        raise ValueError("more than one value")
    return document["value"]


class _Layers:
    """Values and origins while layer after layer is laid over the defaults."""

    def __init__(self) -> None:
        self.values: dict[schema.Path, object] = {}
        self.origins: dict[schema.Path, Origin] = {}
        self.problems: list[Problem] = []

    def problem(self, where: str, path: schema.Path, what: str) -> None:
        self.problems.append(Problem(where, schema.dotted(path), what))

    def lay(self, given: Mapping[schema.Path, object], origin: Origin, base: Path) -> None:
        """Check every value of one layer and put the good ones over what is there."""
        good = {path: value for path, value in given.items() if self._check(path, value, origin)}
        self._drop_options_of_replaced_engines(good)
        for path, value in good.items():
            self.values[path] = rules.absolute(path, value, base)
            self.origins[path] = origin

    def _check(self, path: schema.Path, value: object, origin: Origin) -> bool:
        leaf = schema.leaf_for(path)
        assert leaf is not None
        if schema.fits(value, leaf):
            return True
        words = f"{schema.shown(value, path)} is not {schema.expected(leaf)}"
        self.problem(str(origin), path, words)
        return False

    def _drop_options_of_replaced_engines(self, layer: Mapping[schema.Path, object]) -> None:
        """A layer that chooses another engine does not inherit the options of the former one."""
        for path, engine in layer.items():
            if path[-1] != "engine" or engine == self.value(path):
                continue
            for old in [each for each in self.values if each[:2] == (path[0], "options")]:
                del self.values[old], self.origins[old]

    def value(self, path: schema.Path) -> object:
        return self.values[path] if path in self.values else schema.leaves()[path].default

    def lay_file(self, file: Path) -> None:
        origin = Origin("file", str(file))
        try:
            document = read_toml(file)
        except ConfigError as error:
            self.problems.append(Problem("", "", error.message))
            return
        self.lay(self._flatten(document, (), origin), origin, file.absolute().parent)

    def _flatten(
        self, table: Mapping[str, object], prefix: schema.Path, origin: Origin
    ) -> dict[schema.Path, object]:
        flat: dict[schema.Path, object] = {}
        for name, value in table.items():
            path = (*prefix, name)
            leaf = schema.leaves().get(path)
            is_table = path in schema.tables() or (leaf is not None and leaf.open)
            if is_table and not isinstance(value, dict):
                self.problem(
                    str(origin), path, f"{schema.shown(value)} is not a table; write [{schema.dotted(path)}]"
                )
            elif is_table and isinstance(value, dict):
                flat |= self._flatten(value, path, origin)
            elif schema.leaf_for(path) is None:
                self.problem(str(origin), path, _unknown(path))
            else:
                flat[path] = value
        return flat

    def lay_environment(self, environ: Mapping[str, str]) -> None:
        for name in sorted(environ):
            if name.startswith(PREFIX):
                self._lay_variable(name, environ[name])

    def _lay_variable(self, name: str, text: str) -> None:
        try:
            path, value = override(name, text, parse_value)
        except ConfigError as error:
            self.problems.append(Problem(name, "", error.message))
            return
        self.lay({path: value}, Origin("environment", name), Path.cwd())

    def lay_chosen(self, in_memory: Mapping[str, object] | None, *, owns: bool) -> Mapping[str, object]:
        """What was chosen while running: all of it that is good. Trouble is only told."""
        file = chosen.path_of(Path(str(self.value(("paths", "data")))))
        good = self._read_chosen(file, owns=owns) if in_memory is None else in_memory
        given = {tuple(key.split(".")): value for key, value in good.items()}
        self.lay(
            {path: value for path, value in given.items() if not self._is_from_environment(path)},
            Origin("chosen", str(file)),
            file.parent,
        )
        return good

    def _read_chosen(self, file: Path, *, owns: bool) -> Mapping[str, object]:
        if not os.path.lexists(file):
            return {}
        try:
            document = read_toml(file, chosen.MAX_BYTES)
        except ConfigError as error:
            if owns:
                LOG.warning("%s; it is set aside, and what was chosen is forgotten", error.message)
                chosen.set_aside(file)
            else:
                LOG.warning("%s; what was chosen does not count", error.message)
            return {}
        good, bad = chosen.usable(document, lambda stage: self.value((stage, "engine")))
        for what in bad:
            LOG.warning("%s: %s; left out", file, what)
        return good

    def _is_from_environment(self, path: schema.Path) -> bool:
        origin = self.origins.get(path)
        return origin is not None and origin.kind == "environment"

    def lay_profile(self, machine: profiles.Machine) -> None:
        """The profile's defaults for everything that nobody set."""
        profile = profiles.resolve(str(self.value(("profile",))), machine)
        for path, value in profiles.below(profile, set(self.values)):
            self.values[path] = value
            self.origins[path] = Origin("profile", f"profile {profile.name}")


def _unknown(path: schema.Path) -> str:
    near = schema.nearest(path)
    return f"unknown key; did you mean {near}?" if near else "unknown key"


def _tree(values: Mapping[schema.Path, object]) -> dict[str, object]:
    """Nested tables of the defaults with these values in them."""
    defaults = {leaf.path: leaf.default for leaf in schema.leaves().values()}
    root: dict[str, object] = {}
    for path, value in (defaults | dict(values)).items():
        table = root
        for name in path[:-1]:
            table = table.setdefault(name, {})  # type: ignore[assignment]
        table[path[-1]] = dict(value) if isinstance(value, dict) else value
    return root


def _origins(laid: Mapping[schema.Path, Origin]) -> dict[str, Origin]:
    closed = {path: DEFAULT for path, leaf in schema.leaves().items() if not leaf.open}
    return {schema.dotted(path): origin for path, origin in (closed | dict(laid)).items()}


def _lay_files(
    layers: _Layers, explicit: Path | None, system_files: Sequence[Path], environ: Mapping[str, str]
) -> list[Path]:
    if explicit is not None:
        layers.lay_file(explicit)
        return [explicit]
    read = [file for file in system_files if os.path.lexists(file)]
    for file in read:
        layers.lay_file(file)
    data_key = ("paths", "data")
    data_file = Path(environ.get(f"{PREFIX}PATHS__DATA") or str(layers.value(data_key))) / "appliance.toml"
    if os.path.lexists(data_file) and data_file.absolute() not in {file.absolute() for file in read}:
        former = layers.origins.get(data_key)
        layers.lay_file(data_file)
        if layers.origins.get(data_key) != former:
            layers.problem(
                str(data_file),
                data_key,
                f"cannot be set in the file it leads to; set it in {system_files[0]}",
            )
        read.append(data_file)
    return read


def load(
    explicit: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    system_files: Sequence[Path] = (SYSTEM_FILE, ENVIRONMENT_FILE),
    machine: profiles.Machine | None = None,
    in_memory: Mapping[str, object] | None = None,
    *,
    owns: bool = False,
) -> Loaded:
    """The configuration with the origin of each value; `machine` is what `profile = "auto"` looks at.

    `in_memory` stands in place of the file of what was chosen while running: see `chosen.ChosenStore.values`.
    `owns`: this is the appliance itself, whose file that is; only it sets one aside that is broken.
    Raises InvalidConfig (a ConfigError) that lists every problem of every layer.
    """
    layers = _Layers()
    files = _lay_files(layers, explicit, system_files, environ)
    layers.lay_environment(environ)
    remembered = layers.lay_chosen(in_memory, owns=owns)
    layers.lay_profile(machine or profiles.this_machine())
    if layers.problems:
        raise InvalidConfig(layers.problems)
    config = msgspec.convert(_tree(layers.values), Config)
    origins = _origins(layers.origins)
    broken = [Problem(str(origins.get(key, DEFAULT)), key, what) for key, what in rules.violations(config)]
    if broken:
        raise InvalidConfig(broken)
    return Loaded(config, origins, tuple(files), remembered)
