from __future__ import annotations

from appliance.firstboot import services


def test_without_a_page_none_is_announced() -> None:
    files = services.files(0, "1.2")
    assert set(files) == {"appliance.dnssd"}
    assert "Port=9\n" in files["appliance.dnssd"]
    assert "version=1.2 web=no" in files["appliance.dnssd"]


def test_a_page_is_announced_twice() -> None:
    files = services.files(8085, "1.2")
    assert "Type=_http._tcp\nPort=8085\n" in files["http.dnssd"]
    assert "Type=_appliance._tcp\nPort=8085\n" in files["appliance.dnssd"]
    assert "Name=%H\n" in files["http.dnssd"]
