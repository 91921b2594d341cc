"""Virtual time: an evening without network takes microseconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot.hotspot import (
    Drop,
    Effect,
    Event,
    Hotspot,
    Join,
    Joined,
    JoinFailed,
    Network,
    Patience,
    Phase,
    Raise,
    Raised,
    RaiseFailed,
    Scan,
    Scanned,
    Submitted,
    Tell,
    Tick,
    Visited,
)
from appliance.firstboot.wifi import Wifi

HOME = Wifi("Home", "correct horse")
PATIENCE = Patience()


class Evening:
    """A machine and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.machine = Hotspot(PATIENCE, 0.0)

    def on(self, event: Event) -> list[Effect]:
        return self.machine.handle(event, self.now)

    def after(self, seconds: float) -> list[Effect]:
        self.now += seconds
        return self.on(Tick())

    def opened(self) -> None:
        assert self.after(PATIENCE.offline) == [Tell("no_network"), Scan()]
        assert self.on(Scanned()) == [Raise(None)]
        assert self.on(Raised()) == [Tell("hotspot")]
        assert self.machine.phase is Phase.OPEN


def test_a_network_at_the_start_is_said_once() -> None:
    evening = Evening()
    assert evening.on(Network(True)) == [Tell("ready")]
    assert evening.on(Network(True)) == []
    assert evening.after(100_000) == []
    assert evening.machine.phase is Phase.ONLINE


def test_without_network_the_hotspot_opens_after_a_minute() -> None:
    evening = Evening()
    assert evening.after(PATIENCE.offline - 1) == []
    evening.now -= PATIENCE.offline - 1
    evening.opened()


def test_a_chosen_network_that_works_ends_the_hotspot() -> None:
    evening = Evening()
    evening.opened()
    assert evening.on(Submitted(HOME)) == [Tell("joining"), Drop(), Join(HOME)]
    assert evening.on(Network(True)) == []  # the keeper says when it is joined and kept
    assert evening.on(Joined()) == [Tell("ready")]
    assert evening.machine.phase is Phase.ONLINE


def test_a_chosen_network_that_fails_brings_the_hotspot_back_with_the_reason() -> None:
    evening = Evening()
    evening.opened()
    evening.on(Submitted(HOME))
    assert evening.on(JoinFailed("password")) == [Tell("failed", "password"), Raise("password")]
    assert evening.on(Raised()) == [Tell("hotspot")]
    evening.on(Submitted(HOME))
    assert evening.after(PATIENCE.join) == [Tell("failed", "other"), Raise("other")]


def test_a_cable_ends_the_hotspot() -> None:
    evening = Evening()
    evening.opened()
    assert evening.on(Network(True)) == [Drop(), Tell("ready")]


def test_a_lonely_hotspot_gives_the_known_networks_another_chance() -> None:
    evening = Evening()
    evening.opened()
    assert evening.after(PATIENCE.quiet) == [Drop()]
    assert evening.machine.phase is Phase.RETRYING
    assert evening.after(PATIENCE.retry) == [Scan()]  # no word: it was said before
    evening.on(Scanned())
    evening.on(Raised())
    evening.after(PATIENCE.quiet)
    assert evening.on(Network(True)) == [Tell("ready")]


def test_somebody_at_the_page_keeps_it_open_but_not_for_ever() -> None:
    evening = Evening()
    evening.opened()
    opened = evening.now
    while evening.machine.phase is Phase.OPEN:
        assert evening.after(PATIENCE.quiet - 10) in ([], [Drop()])
        evening.on(Visited())
    assert PATIENCE.longest - PATIENCE.quiet <= evening.now - opened <= PATIENCE.longest + PATIENCE.quiet


def test_a_lost_network_is_waited_for_longer() -> None:
    evening = Evening()
    evening.on(Network(True))
    assert evening.on(Network(False)) == []
    assert evening.after(PATIENCE.lost - 1) == []
    assert evening.on(Network(True)) == []  # back before anybody was told: not worth a word
    evening.on(Network(False))
    assert evening.after(PATIENCE.lost) == [Tell("no_network"), Scan()]


def test_without_a_wifi_card_a_cable_is_asked_for_once() -> None:
    evening = Evening()
    evening.on(Network(False, has_wifi=False))
    assert evening.after(PATIENCE.offline) == [Tell("no_wifi")]
    assert evening.after(PATIENCE.rest) == []
    evening.on(Network(False, has_wifi=True))
    assert evening.after(PATIENCE.rest) == [Scan()]


def test_a_hotspot_that_cannot_be_made_is_tried_again() -> None:
    evening = Evening()
    evening.after(PATIENCE.offline)
    evening.on(Scanned())
    assert evening.on(RaiseFailed()) == []
    assert evening.after(PATIENCE.rest) == [Scan()]
    assert evening.after(PATIENCE.scan) == [Raise(None)]
    assert evening.after(PATIENCE.raising) == [Drop()]
    assert evening.machine.phase is Phase.RESTING


def test_a_page_that_ends_takes_the_hotspot_with_it() -> None:
    evening = Evening()
    evening.opened()
    assert evening.on(RaiseFailed()) == [Drop()]
    assert evening.machine.phase is Phase.RESTING


events = st.one_of(
    *(st.just(each()) for each in (Tick, Scanned, Raised, RaiseFailed, Visited, Joined)),
    st.just(Submitted(HOME)),
    st.just(JoinFailed("other")),
    st.builds(Network, st.booleans(), st.booleans()),
)


@given(st.lists(st.tuples(events, st.floats(0, 2_000)), max_size=60))
def test_in_any_order_of_events_the_hotspot_is_up_only_when_it_should(
    evening: list[tuple[Event, float]],
) -> None:
    machine, now, up = Hotspot(PATIENCE, 0.0), 0.0, False
    for event, seconds in evening:
        now += seconds
        for effect in machine.handle(event, now):
            match effect:
                case Raise():
                    assert not up
                    up = True
                case Drop():
                    up = False
                case Join():
                    assert not up
        if event == RaiseFailed():
            up = up and machine.phase in {Phase.RAISING, Phase.OPEN}
        assert up == (machine.phase in {Phase.RAISING, Phase.OPEN})
        assert (machine.deadline is None) == (machine.phase is Phase.ONLINE)


@given(st.lists(st.tuples(events, st.floats(0, 2_000)), max_size=40))
def test_without_network_it_always_comes_to_an_open_hotspot(evening: list[tuple[Event, float]]) -> None:
    machine, now = Hotspot(PATIENCE, 0.0), 0.0
    for event, seconds in evening:
        now += seconds
        machine.handle(event, now)
    for _ in range(400):
        if machine.phase is Phase.OPEN:
            break
        now += 10.0
        machine.handle(Network(False), now)
        for effect in machine.handle(Tick(), now):
            answer: dict[type, Event] = {Scan: Scanned(), Raise: Raised(), Join: JoinFailed("other")}
            if type(effect) in answer:
                machine.handle(answer[type(effect)], now)
        machine.handle(Scanned() if machine.phase is Phase.SCANNING else Tick(), now)
        machine.handle(Raised() if machine.phase is Phase.RAISING else Tick(), now)
    assert machine.phase is Phase.OPEN
