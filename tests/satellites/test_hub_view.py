"""What others may know of a satellite."""

from __future__ import annotations

from appliance.config.model import Config
from appliance.satellites import protocol
from appliance.satellites.flow import Faults
from appliance.satellites.hub_output import Wiring
from appliance.satellites.hub_satellite import Satellite
from appliance.satellites.hub_view import describe


def fresh() -> Satellite:
    return Satellite(
        "kitchen",
        Wiring(
            config=Config,
            say=lambda name, leaf, message: None,  # noqa: ARG005
            faults=Faults(),
            clock=lambda: 0.0,
            button=lambda name, button: None,  # noqa: ARG005
            call=lambda name, to: None,  # noqa: ARG005
            changed=lambda name: None,  # noqa: ARG005
        ),
    )


def test_one_that_has_said_nothing_yet() -> None:
    info = describe(fresh(), 0, {})
    assert (info.title, info.area, info.online, info.state) == ("kitchen", "", False, "idle")
    assert (info.capabilities, info.searched, info.volume) == (None, None, None)


def test_one_that_is_searched_here_and_misbehaves() -> None:
    satellite = fresh()
    satellite.capabilities = protocol.Capabilities((1,), name="Kitchen", area="kitchen", detects=False)
    satellite.searched(False, "too many")
    info = describe(satellite, 5, {"malformed": 2})
    assert (info.title, info.area) == ("Kitchen", "kitchen")
    assert (info.searched, info.search_reason) == (False, "too many")
    assert info.counters["rate_dropped"] == 5
    assert info.faults == {"malformed": 2}
