"""What is wrong beyond the types: engines, their options, models and files that the configuration names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance.config.load import Loaded
from appliance.config.model import Config
from appliance.config.origins import DEFAULT, Problem
from appliance.config.secrets import is_world_readable, mqtt_password
from appliance.engines import loading
from appliance.errors import ApplianceError, ConfigError, EngineError, ModelError
from appliance.judgement import rules
from appliance.ops import needs
from appliance.ops.manifest import Catalogue, Model, catalogue
from appliance.remote_llm.options import is_remote, resolve


def problems(loaded: Loaded) -> list[Problem]:
    """Everything that would keep this configuration from working, each with its origin."""
    config = loaded.config
    found = [*_engines(config), *_models(config), *_files(config), *_rules(config)]
    return [_placed(loaded, key, what) for key, what in found]


def warnings(loaded: Loaded) -> list[Problem]:
    """What works, but should not stay so."""
    name = loaded.config.mqtt.password_file
    if name and Path(name).is_file() and is_world_readable(Path(name)):
        what = f"{name} can be read by everyone on this machine; chmod 600 {name}"
        return [_placed(loaded, "mqtt.password_file", what)]
    return []


def _placed(loaded: Loaded, key: str, what: str) -> Problem:
    below = [origin for name, origin in loaded.origins.items() if name == key or name.startswith(f"{key}.")]
    origin = below[-1] if below else DEFAULT
    return Problem(str(origin), key, what.removeprefix(f"{key}: "))


def _words(error: ApplianceError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _rules(config: Config) -> Iterator[tuple[str, str]]:
    try:
        rules.parse_all(config.policy.rules)
    except ConfigError as error:
        yield "policy.rules", _words(error)


def _engines(config: Config) -> Iterator[tuple[str, str]]:
    for kind in loading.KINDS:
        section = getattr(config, kind)
        if kind == "llm" and is_remote(config.llm):
            yield from _server(config)
            continue
        try:
            loading.module(kind, section.engine)
        except EngineError as error:
            yield f"{kind}.engine", _words(error)
            continue
        try:
            loading.options(kind, section.engine, section.options)
        except EngineError as error:
            yield f"{kind}.options", _words(error)


def _server(config: Config) -> Iterator[tuple[str, str]]:
    try:
        resolve(config.llm)
    except ConfigError as error:
        yield "llm.options", _words(error)


def _models(config: Config) -> Iterator[tuple[str, str]]:
    try:
        known = catalogue(config)
    except ModelError as error:
        yield "paths.data", _words(error)
        return
    for kind in needs.ENGINE_KINDS:
        yield from _models_of(config, kind, known)


def _models_of(config: Config, kind: needs.EngineKind, known: Catalogue) -> Iterator[tuple[str, str]]:
    key = "wake.words" if kind == "wake" else f"{kind}.model"
    if kind in loading.KINDS and getattr(config, kind).engine not in loading.names(kind):
        return
    try:
        for _, want in needs.wanted(config, kind, known):
            if isinstance(want, Model):
                yield from _misplaced(config, kind, key, want)
            elif not want.exists():
                yield key, f"{want} does not exist"
    except ModelError as error:
        yield key, _words(error)


def _misplaced(config: Config, kind: str, key: str, model: Model) -> Iterator[tuple[str, str]]:
    engine = getattr(config, kind).engine
    if model.kind not in {kind, "speaker"} or model.engine != engine:
        yield key, f"{model.name} is a {model.kind} model of engine {model.engine}, not of {engine}"


def _files(config: Config) -> Iterator[tuple[str, str]]:
    try:
        mqtt_password(config.mqtt)
    except ConfigError as error:
        yield "mqtt.password_file", _words(error)
    authority = config.mqtt.tls_ca_file
    if authority and not Path(authority).is_file():
        yield "mqtt.tls_ca_file", f"{authority} does not exist"
