"""The text that nft gets."""

from __future__ import annotations

import re
import string
from ipaddress import IPv6Network

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import schema
from appliance.config.model import Config, Firewall, HomeAssistant, Llm, Mqtt, Observe, Update, Web
from appliance.errors import ConfigError
from appliance.firewall import rules, wanted
from appliance.firewall.model import State
from tests.checkout import ROOT

UIDS = {"root": 0, "appliance": 990, "systemd-timesync": 991, "avahi": 105, "nobody": 65_534}
STATE = State(uids=UIDS)
SILENT = Config(web=Web(enabled=False))
HASS = Config(home_assistant=HomeAssistant(url="http://192.168.1.20:8123"))


def chain(text: str, name: str) -> list[str]:
    """Rules of one chain, without comments and margins."""
    inside = re.search(rf"chain {name} \{{\n(.*?)\n\t\}}", text, flags=re.DOTALL)
    assert inside is not None
    return [line.strip() for line in inside[1].splitlines() if not line.strip().startswith("#")]


def new(config: Config, state: State = STATE, name: str = "output") -> set[str]:
    """What a configuration and state add to what is always there."""
    return {*chain(rules.ruleset(config, state), name)} - {*chain(rules.ruleset(Config(), STATE), name)}


def test_nothing_but_neighbours_leases_and_names_without_the_page() -> None:
    offered = [rule for rule in chain(rules.ruleset(SILENT, STATE), "input") if "dport" in rule]
    assert {port for rule in offered for port in re.findall(r"dport (\d+)", rule)} == {"68", "546", "5353"}


def test_the_page_is_open_to_the_home_by_default() -> None:
    opened = {*chain(rules.ruleset(Config(), STATE), "input")} - {
        *chain(rules.ruleset(SILENT, STATE), "input")
    }
    assert opened == {f"{source} tcp dport 8085 accept" for source in ("ip saddr @home4", "ip6 saddr @home6")}


def test_every_chain_is_closed_at_its_end() -> None:
    text = rules.ruleset(Config(), STATE)
    for name, verdict in (
        ("input", "drop"),
        ("output", "reject with icmpx admin-prohibited"),
        ("forward", "drop"),
    ):
        lines = chain(text, name)
        assert lines[0].endswith("policy drop;")
        assert lines[-1].endswith(verdict)
        assert lines[-2].startswith("limit rate")
    assert [line for line in chain(text, "forward") if line.endswith("accept")] == []


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        (HASS, "ip daddr 192.168.1.20/32 meta skuid { 990 } tcp dport 8123 accept"),
        (
            Config(home_assistant=HomeAssistant(url="http://[fd00::5]:8123/")),
            "ip6 daddr fd00::5/128 meta skuid { 990 } tcp dport 8123 accept",
        ),
        (
            Config(home_assistant=HomeAssistant(url="https://home.example.com")),
            "meta skuid { 990 } tcp dport 443 accept",
        ),
        (
            Config(observe=Observe(otlp_url="http://10.0.0.9:4318")),
            "ip daddr 10.0.0.9/32 meta skuid { 990 } tcp dport 4318 accept",
        ),
        (
            Config(mqtt=Mqtt(host="10.0.0.2", port=8883)),
            "ip daddr 10.0.0.2/32 meta skuid { 990 } tcp dport 8883 accept",
        ),
        (
            Config(llm=Llm(engine="ollama", model="x", options={"url": "http://box.lan:11434"})),
            "ip daddr @home4 meta skuid { 990 } tcp dport 11434 accept",
        ),
        (
            Config(update=Update(url="https://updates.example.org/appliance")),
            "meta skuid { 0, 990, 65534 } tcp dport 443 accept",
        ),
        (
            Config(firewall=Firewall(allow_out=("tcp 192.0.2.0/24 445",))),
            "ip daddr 192.0.2.0/24 meta skuid { 0, 990, 65534 } tcp dport 445 accept",
        ),
    ],
)
def test_what_is_configured_is_opened(config: Config, rule: str) -> None:
    added = new(config)
    assert rule in added
    assert all("meta skuid" in each for each in added)


@pytest.mark.parametrize(
    ("config", "state", "added"),
    [
        (Config(mqtt=Mqtt(listen="0.0.0.0")), STATE, {"tcp dport 8883"}),
        (
            Config(mqtt=Mqtt(listen="0.0.0.0", listen_plain_port=1883)),
            STATE,
            {"tcp dport 8883", "tcp dport 1883"},
        ),
        (Config(mqtt=Mqtt(listen="0.0.0.0", host="10.0.0.2")), STATE, set()),
        (Config(mqtt=Mqtt(listen="127.0.0.1")), STATE, set()),
        (Config(web=Web(enabled=True, port=8_000)), STATE, {"tcp dport 8000"}),
        (Config(web=Web(enabled=True, listen="loopback")), STATE, set()),
        (Config(), msgspec.structs.replace(STATE, ssh=True), {"tcp dport 22"}),
        (Config(firewall=Firewall(allow_in=("udp 5000",))), STATE, {"udp dport 5000"}),
    ],
)
def test_what_is_offered_is_opened_to_the_home_only(config: Config, state: State, added: set[str]) -> None:
    found = new(config, state, "input")
    assert found == {
        f"{source} {each} accept" for each in added for source in ("ip saddr @home4", "ip6 saddr @home6")
    }


def test_a_page_for_anybody_is_open_to_anybody() -> None:
    assert new(Config(web=Web(enabled=True, listen="any")), name="input") == {"tcp dport 8085 accept"}


def test_the_hotspot_is_open_on_its_interface_only() -> None:
    state = msgspec.structs.replace(STATE, hotspots=("wlan0",))
    added = new(Config(), state, "input") | new(Config(), state)
    assert len(added) == 3
    assert all('ifname { "wlan0" }' in rule for rule in added)


def test_fetching_is_open_for_a_while_and_no_other_rule_set() -> None:
    fetching = rules.ruleset(Config(), msgspec.structs.replace(STATE, fetch_seconds=90))
    now = rules.ruleset(Config(), STATE)
    assert (
        fetching.removeprefix(now)
        == "add element inet appliance fetching { 0 timeout 90s, 990 timeout 90s }\n"
    )


def test_networks_of_the_home_grow() -> None:
    on_link = msgspec.structs.replace(STATE, on_link=(IPv6Network("2001:db8:1::/64"),))
    assert "fc00::/7, 2001:db8:1::/64 }" in rules.ruleset(Config(), on_link)
    assert "192.0.2.0/24 }" in rules.ruleset(Config(firewall=Firewall(lan=("192.0.2.0/24",))), STATE)


def test_an_account_that_does_not_exist_opens_nothing() -> None:
    output = chain(rules.ruleset(HASS, State()), "output")
    assert [rule for rule in output if "dport" in rule and "@fetching" not in rule] == []


def test_the_digest_tells_rule_sets_apart() -> None:
    texts = [rules.ruleset(config, STATE) for config in (Config(), HASS)] + [rules.closed()]
    digests = [re.findall(r'comment "([0-9a-f]{32})"', text) for text in texts]
    assert [len(found) for found in digests] == [1, 1, 1]
    assert len({*map(tuple, digests)}) == 3


def test_the_closed_rules_lie_in_etc() -> None:
    lines = (ROOT / "etc/nftables.conf").read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines[0] == "#!/usr/sbin/nft -f\n"
    assert "".join(line for line in lines if not line.startswith("#")) == rules.closed()


TEXTS = st.text(alphabet=string.printable + "é→", max_size=40)


@given(TEXTS, TEXTS, TEXTS)
def test_no_text_of_a_configuration_reaches_the_rules(host: str, url: str, line: str) -> None:
    hostile = Config(
        mqtt=Mqtt(host=host),
        home_assistant=HomeAssistant(url=url),
        llm=Llm(options={"url": f"http://{host}:1/"}),
        firewall=Firewall(allow_in=(line,), allow_out=(line,), lan=(line,)),
    )
    try:
        text = rules.ruleset(hostile, STATE)
    except ConfigError:
        hostile = msgspec.structs.replace(hostile, firewall=Firewall())
        text = rules.ruleset(hostile, STATE)
    words = {word for rule in new(hostile) for word in rule.split()}
    known = re.compile(r"[0-9a-f.:/]+,?|ip6?|daddr|@home[46]|meta|skuid|[{}]|tcp|udp|dport|accept")
    assert all(known.fullmatch(word) for word in words)
    assert text.count("\tchain ") == 3


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("homeassistant.local", "home"),
        ("homeassistant", "home"),
        ("Box.LAN.", "home"),
        ("api.example.com", "anywhere"),
        ("example.local.com", "anywhere"),
    ],
)
def test_names_lead_home_or_anywhere(host: str, where: str) -> None:
    assert wanted.place(host) == where


def test_every_setting_that_names_a_place_in_the_network_is_known() -> None:
    """Whoever adds one decides here what it opens."""
    keys = {".".join(path) for path in schema.leaves()}
    network = {
        key for key in keys if re.search(r"(^|[._])(urls?|hosts?|ports?|listen|endpoint|server)$", key)
    }
    considered = {
        *("mqtt.host", "mqtt.port", "home_assistant.url", "update.url", "observe.otlp_url"),
        *("web.listen", "web.port", "mqtt.listen", "mqtt.listen_port", "mqtt.listen_plain_port"),
        "setup.web_port",  # what is announced; `web.port` is what is open
    }
    assert network == considered
