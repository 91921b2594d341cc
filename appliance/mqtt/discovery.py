"""Home Assistant's MQTT discovery: from a message on a discovery topic to entities. Pure; nothing raises.

Single components (`<prefix>/light/x/config`) and whole devices (`<prefix>/device/x/config` with a table of
`components`). The newest message on a topic is the whole truth about it: what it no longer lists is gone,
and an empty one removes everything. Whatever cannot be used becomes a `Problem` with a reason.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator, Mapping
from typing import Literal, cast

import msgspec

from appliance.mqtt import abbreviations, discovery_features, kinds, topics
from appliance.mqtt.announced import (
    Announced,
    Announcement,
    Availability,
    Command,
    DeviceInfo,
    Problem,
    ProblemKind,
    Source,
)
from appliance.mqtt.decoding import REPORTS
from appliance.mqtt.discovery_shared import shared, shared_table
from appliance.mqtt.reading import (
    MAX_AVAILABILITY,
    Refused,
    Table,
    expand,
    kind_of,
    option_of,
    payload_of,
    text_of,
    topic_of,
    with_base,
)

MAX_NAME_CHARS = 255
MAX_COMPONENTS = 1_000
MAX_ALIASES = 32
ENCODINGS = frozenset({"utf-8", "utf-16", "ascii", "latin-1", "iso8859-1", "cp1252"})
_RETAIN = kinds.Option("retain", "bool", default=False)
SHARED = (
    "availability", "availability_topic", "availability_mode", "availability_template", "payload_available",
    "payload_not_available", "command_topic", "state_topic", "qos", "encoding", "~",
)  # fmt: skip
"""Options of a whole device that each of its components inherits."""


def parse(prefix: str, topic: str, payload: bytes, max_bytes: int = 262_144) -> Announcement:
    """What this message announces. Never raises, whatever the bytes are."""
    place = topics.parse_discovery(prefix, topic)
    if place is None:
        return _only(topic, "topic", "is no discovery topic: letters, digits, _ and - only")
    try:
        table = _table(payload, max_bytes)
    except Refused as refusal:
        return _only(topic, refusal.kind, refusal.reason)
    found: list[Announced] = []
    problems: list[Problem] = []
    for name, part in _parts(place, table, problems, topic):
        try:
            found.append(_component(topic, name, part))
        except Refused as refusal:
            problems.append(
                Problem(refusal.kind, topic, f"{name}: {refusal.reason}" if name else refusal.reason)
            )
    return Announcement(topic, tuple(found), tuple(problems))


def _table(payload: bytes, max_bytes: int) -> Table:
    """The payload with full option names; empty when it takes the announcement back."""
    if len(payload) > max_bytes:
        raise Refused("too big", f"{len(payload)} bytes are above {max_bytes}")
    if not payload:
        return {}
    try:
        raw = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("json", f"is no JSON: {error}"[:200]) from None
    if not isinstance(raw, dict):
        raise Refused("type", f"is {kind_of(raw)}, not a table")
    return expand(raw, abbreviations.OPTIONS)


def _only(topic: str, kind: ProblemKind, reason: str) -> Announcement:
    return Announcement(topic, (), (Problem(kind, topic, reason),))


def _parts(
    place: topics.DiscoveryTopic, table: Table, problems: list[Problem], topic: str
) -> Iterator[tuple[str, Table]]:
    """The components of this message, each with what it inherits from its device."""
    if not table:
        return
    if place.component != "device":
        yield "", {**table, "platform": place.component}
        return
    components = table.get("components")
    if not isinstance(components, dict) or not isinstance(table.get("device"), dict):
        problems.append(Problem("missing", topic, "a device needs the tables `device` and `components`"))
        return
    if len(components) > MAX_COMPONENTS:
        problems.append(
            Problem("too many", topic, f"{len(components)} components, {MAX_COMPONENTS} are taken")
        )
    shared = {key: table[key] for key in (*SHARED, "device") if key in table}
    for name, part in list(components.items())[:MAX_COMPONENTS]:
        if not isinstance(part, dict):
            problems.append(Problem("type", topic, f"{name[:80]}: is {kind_of(part)}, not a table"))
            continue
        own = expand(part, abbreviations.OPTIONS)
        if set(own) <= {"platform"}:  # the protocol's way to take a component away
            continue
        yield name[:80], {**shared, **own}


def _component(topic: str, name: str, table: Table) -> Announced:
    component, schema, kind = _kind(table)
    if table.get("enabled_by_default") is False or table.get("entity_category"):
        raise Refused("hidden", "is for diagnosis or configuration, not for daily use")
    table = with_base(table)
    _complete(kind, table)
    device = _device(table)
    commands = {entry.name: told for entry in kind.commands if (told := _command(entry, table))}
    sources = tuple(_sources(kind, table))
    options = {option.name: option_of(table, option) for option in kind.options}
    if "color_mode_state_topic" in table:
        options["says_color_mode"] = True
    features = discovery_features.features(component, schema, table, options, commands)
    return Announced(
        key=f"{topic}#{name}" if name else topic,
        component=component,
        schema=schema,
        name=_name(table, device, component),
        unique_id=text_of(table, "unique_id")[:MAX_NAME_CHARS],
        entity_id=_wished_id(table),
        device=shared(device),
        aliases=_aliases(table.get("aliases")),
        sources=sources,
        commands=commands,
        options=shared_table(component, options),
        attributes=shared_table(component, {**_attributes(kind, options), **features}),
        availability=shared(_availability(table)),
        availability_mode=_mode(table),
        reports=shared(_reports(sources, commands)),
        qos=_qos(table),
        retain=option_of(table, _RETAIN) is True,
        encoding=_encoding(table),
    )


def _complete(kind: kinds.Kind, table: Table) -> None:
    for key in kind.required:
        if table.get(key) is None:
            raise Refused("missing", f"`{key}` is missing")
    for key, other in kind.together:
        if key in table and other not in table:
            raise Refused("missing", f"`{key}` needs `{other}`, which is missing")
    if kind.some and not any(key in table for key in kind.some):
        raise Refused("missing", f"none of {', '.join(f'`{key}`' for key in kind.some)} is there")


def _kind(table: Table) -> tuple[str, str, kinds.Kind]:
    """Component, schema and their row."""
    component = text_of(table, "platform")
    schema = text_of(table, "schema", "default") if component == "light" else "default"
    schema = {"basic": "default"}.get(schema, schema)
    kind = kinds.KINDS.get((component, schema))
    if kind is None:
        raise Refused("unsupported", _unsupported(component, schema))
    return sys.intern(component), sys.intern(schema), kind


def _attributes(kind: kinds.Kind, options: dict[str, kinds.OptionValue]) -> dict[str, kinds.OptionValue]:
    """The options that the house shows."""
    shown = (option for option in kind.options if option.attribute)
    return {
        option.attribute: options[option.name] for option in shown if options[option.name] not in ("", ())
    }


def _unsupported(component: str, schema: str) -> str:
    if (component, "default") in kinds.KINDS:
        return f"the schema {schema[:40]!r} is not understood"
    if component in kinds.LATER:
        return f"entities of kind {component!r} mean nothing here"
    return f"there is no kind {component[:40]!r}"


# --- parts of an entity -----------------------------------------------------------------------------------


def _sources(kind: kinds.Kind, table: Table) -> Iterator[Source]:
    for source in (*kind.sources, *kinds.COMMON):
        if table.get(source.topic) is None or _left_out(source, table):
            continue
        template = next((text for key in source.templates if (text := text_of(table, key))), "")
        topic = topic_of(table, source.topic)
        yield Source(topic, sys.intern(template), source.decoder, source.attribute, source.choices)


def _left_out(source: kinds.Source, table: Table) -> bool:
    wanted = not source.given or table.get(source.given) is not None
    return not wanted or bool(source.missing and table.get(source.missing) is not None)


def _command(entry: kinds.Command, table: Table) -> Command | None:
    if table.get(entry.topic) is None:
        return None
    template = text_of(table, entry.template) if entry.template else ""
    return Command(topic_of(table, entry.topic), sys.intern(template))


def _reports(sources: tuple[Source, ...], commands: Mapping[str, Command]) -> tuple[str, ...]:
    """A state topic that is also a command topic only echoes what we say ourselves."""
    told = {command.topic for command in commands.values()}
    said: dict[str, None] = {}
    for source in sources:
        if source.topic not in told:
            said |= dict.fromkeys(REPORTS.get(source.decoder, (source.attribute,)))
    if "brightness" in commands and not any(source.decoder == "brightness" for source in sources):
        said.pop("brightness", None)  # a colour's channels do not tell that of white light
    return tuple(said)


def _device(table: Table) -> DeviceInfo | None:
    raw = table.get("device")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise Refused("type", f"`device` is {kind_of(raw)}, not a table")
    device = expand(raw, abbreviations.DEVICE)
    name = text_of(device, "name")[:MAX_NAME_CHARS].strip()
    identity = device.get("identifiers") or device.get("connections") or name
    flat = identity if isinstance(identity, list) else [identity]
    key = next((str(part)[:MAX_NAME_CHARS] for part in flat if isinstance(part, str | int | list)), "")
    if not key:
        return None
    return DeviceInfo(key, name, text_of(device, "suggested_area")[:MAX_NAME_CHARS].strip())


def _name(table: Table, device: DeviceInfo | None, component: str) -> str:
    """The device's name and the entity's own; null (or none at all) is the device's alone."""
    own = text_of(table, "name")[:MAX_NAME_CHARS].strip()
    device_name = device.name if device else ""
    if not own:
        given = "name" in table or component not in {"sensor", "binary_sensor"}
        fallback = "" if given else text_of(table, "device_class").replace("_", " ")[:MAX_NAME_CHARS]
        own = fallback
    if device_name and own and own != device_name:
        return f"{device_name} {own}"[:MAX_NAME_CHARS]
    return own or device_name or f"MQTT {component.replace('_', ' ').title()}"


def _wished_id(table: Table) -> str:
    wish = text_of(table, "default_entity_id") or text_of(table, "object_id")
    return wish.rpartition(".")[2][:MAX_NAME_CHARS]


def _aliases(raw: object) -> tuple[str, ...]:
    given = raw if isinstance(raw, list) else []
    return tuple(text[:MAX_NAME_CHARS] for text in given[:MAX_ALIASES] if isinstance(text, str) and text)


def _availability(table: Table) -> tuple[Availability, ...]:
    entries = table.get("availability")
    if entries is None:
        if "availability_topic" not in table:
            return ()
        single = {**table, "value_template": table.get("availability_template")}
        return (_availability_entry(single, "availability_topic"),)
    listed = entries if isinstance(entries, list) else [entries]
    if len(listed) > MAX_AVAILABILITY:
        raise Refused("too many", f"{len(listed)} availability topics")
    if not all(isinstance(entry, dict) for entry in listed):
        raise Refused("type", "`availability` is not a list of tables")
    return tuple(_availability_entry(expand(entry, abbreviations.OPTIONS), "topic") for entry in listed)


def _availability_entry(table: Table, topic_key: str) -> Availability:
    return Availability(
        topic_of(table, topic_key),
        text_of(table, "value_template"),
        payload_of("payload_available", table.get("payload_available", "online")),
        payload_of("payload_not_available", table.get("payload_not_available", "offline")),
    )


def _mode(table: Table) -> Literal["all", "any", "latest"]:
    mode = text_of(table, "availability_mode", "latest")
    if mode not in {"all", "any", "latest"}:
        raise Refused("value", f"`availability_mode` is {mode[:40]!r}, not all, any or latest")
    return cast("Literal['all', 'any', 'latest']", mode)


def _encoding(table: Table) -> str:
    """Raw bytes (an empty encoding) are for pictures."""
    given = text_of(table, "encoding", "utf-8")
    try:
        name = codecs.lookup(given).name if given else ""
    except (LookupError, ValueError):
        name = ""
    if name not in ENCODINGS:
        raise Refused("value", f"`encoding` is {given[:40]!r}, which is not understood")
    return sys.intern(name)


def _qos(table: Table) -> int:
    qos = table.get("qos", 0)
    if not isinstance(qos, int) or isinstance(qos, bool) or qos not in {0, 1, 2}:
        raise Refused("value", "`qos` is not 0, 1 or 2")
    return int(qos)
