"""What the doctor says of this machine and its memory."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.budget import machine
from appliance.budget.fit import Fit
from appliance.budget.machine import Hardware
from appliance.budget.placement import suggest
from appliance.config import profiles
from appliance.config.model import Config
from appliance.ops.check import Check


def checks(config: Config, fit: Fit | None, hardware: Hardware | None = None) -> Iterator[Check]:
    """Machine and profile; memory, where it is known what is planned."""
    found = hardware or machine.look()
    yield profile(config, found)
    if fit is not None:
        yield memory(fit)


def profile(config: Config, hardware: Hardware) -> Check:
    """Does the profile suit the machine? One that needs other machines is for its owner to know."""
    why = "defaults for limits, threads and answers come from it"
    suggested = suggest(hardware)
    now = profiles.resolve(config.profile, profiles.this_machine()).name
    found = f"{now}; {suggested.why}"
    if now == suggested.profile or now in {"p3", "p4"}:
        return Check("profile", "good", found, why)
    return Check("profile", "weak", found, why, f'set profile = "{suggested.profile}", or "auto"')


def memory(fit: Fit) -> Check:
    """Does everything fit?"""
    why = "what does not fit is unloaded or ended while somebody waits for it"
    return Check("budget", "good" if fit.good else "weak", fit.message, why, fit.hint)
