"""Every error this program raises on purpose.

ApplianceError                 something a person can mend; carries a hint
├── ConfigError                a configuration file, key or override is wrong
├── AudioError                 a file or a sound device cannot be read or opened
├── ModelError                 a model is missing, cut short, or not what its checksum says
├── EngineError                an engine cannot be loaded, or its library is missing
├── WireError                  what came over a stage's socket is not part of the language
│   ├── PeerGone               the other end closed its socket
│   ├── Malformed              bytes that decode to no known message
│   └── TooBig                 a packet above the limit
├── SandboxError               the machine cannot confine stages as strictly as configured
├── SupervisionError           an arc between two states that does not exist
├── HomeError                  the broker or a device cannot be reached, or refuses
├── UnderstandingError         a house or grammar that cannot be compiled
├── TimerError                 timers cannot be kept (timers.model)
├── JudgementError             people, PINs, audit or history cannot be kept (judgement.errors)
└── ControlError               the running appliance cannot be reached or refuses a request

Each carries `message` (what happened and where) and `hint` (what to do); `str()` gives both.
"""


class ApplianceError(Exception):
    """Something a person can mend: `message` says what and where, `hint` says how."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class ConfigError(ApplianceError):
    """A configuration file, key or override is wrong."""


class AudioError(ApplianceError):
    """A file or a sound device cannot be read or opened."""


class ModelError(ApplianceError):
    """A model is missing, cut short, or not what its checksum says."""

    missing = False
    """True when fetching it mends that."""


class EngineError(ApplianceError):
    """An engine cannot be loaded, or its library is missing."""


class WireError(ApplianceError):
    """What came over a stage's socket is not part of the language."""


class PeerGone(WireError):
    """The other end closed its socket."""


class Malformed(WireError):
    """Bytes that decode to no known message."""


class TooBig(WireError):
    """A packet above the limit."""


class SandboxError(ApplianceError):
    """The machine cannot confine stages as strictly as configured."""


class SupervisionError(ApplianceError):
    """An arc between two states that does not exist."""


class HomeError(ApplianceError):
    """The broker or a device cannot be reached, or refuses."""


class UnderstandingError(ApplianceError):
    """A house or grammar that cannot be compiled."""


class ControlError(ApplianceError):
    """The running appliance cannot be reached or refuses a request."""
