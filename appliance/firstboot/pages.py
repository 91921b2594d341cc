"""The set-up page, in English and German. Pure: everything that comes from outside is escaped.

No script and no picture: the little browser that a telephone opens for a captive network allows few of them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from appliance.firstboot.nmcli import Seen

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Set up {name}",
        "lead": "Which Wi-Fi shall I use?",
        "network": "Network",
        "other": "Another network (its name)",
        "password": "Wi-Fi password",
        "code": "Claim code",
        "code_help": "It is on the screen, and I say it aloud.",
        "connect": "Connect",
        "none": "I see no network. Type its name below.",
        "open": "open",
        "trying": "I am trying it now",
        "trying_help": "This hotspot ends now. When it works, I say so, and you find me at {name}.local. "
        "When it does not work, the hotspot comes back within three minutes and tells why.",
    },
    "de": {
        "title": "{name} einrichten",
        "lead": "Welches WLAN soll ich nehmen?",
        "network": "WLAN",
        "other": "Ein anderes WLAN (sein Name)",
        "password": "WLAN-Passwort",
        "code": "Einrichtungscode",
        "code_help": "Er steht auf dem Bildschirm, und ich sage ihn.",
        "connect": "Verbinden",
        "none": "Ich sehe kein WLAN. Schreib seinen Namen unten hin.",
        "open": "offen",
        "trying": "Ich probiere es jetzt",
        "trying_help": "Dieser Hotspot endet jetzt. Wenn es klappt, sage ich es, und du findest mich unter "
        "{name}.local. Wenn nicht, ist der Hotspot in drei Minuten wieder da und sagt, warum.",
    },
}
STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:30rem;padding:1rem;color:#1b1b1b;"
    "background:#fff}h1{font-size:1.5rem}label{display:block;margin:1rem 0 .25rem;font-weight:600}"
    "input,select,button{font:inherit;width:100%;box-sizing:border-box;padding:.7rem;color:inherit;"
    "border:1px solid #767676;border-radius:.4rem;background:#fff}small{color:#555}"
    "button{margin-top:1.5rem;background:#0b57d0;color:#fff;border:0;font-weight:600}"
    ".bad{background:#fce8e6;border-left:.3rem solid #b3261e;padding:.7rem;margin:1rem 0}"
    "@media(prefers-color-scheme:dark){body{background:#121212;color:#eee}input,select{background:#1e1e1e}"
    "small{color:#aaa}.bad{background:#3b1512}}"
)


def words(language: str) -> Mapping[str, str]:
    """The page's words in this language, or English."""
    return WORDS.get(language.replace("_", "-").partition("-")[0].lower(), WORDS["en"])


def form(
    name: str, language: str, networks: Sequence[Seen], token: str, *, trouble: str = "", chosen: str = ""
) -> str:
    """The page with the form; `trouble` is why the last try failed, `token` proves that the form is ours."""
    text = words(language)
    bad = f'<p class="bad" role="alert">{html.escape(trouble)}</p>' if trouble else ""
    body = (
        f"<h1>{_title(text, name)}</h1>{bad}<p>{text['lead']}</p>"
        '<form method="post" action="/join" autocomplete="off">'
        f'<input type="hidden" name="token" value="{html.escape(token)}">'
        f"{_choice(text, networks, chosen)}"
        f'<label for="other">{text["other"]}</label><input id="other" name="other" maxlength="32">'
        f'<label for="password">{text["password"]}</label>'
        '<input id="password" name="password" type="password" maxlength="64">'
        f'<label for="code">{text["code"]}</label><input id="code" name="code" required maxlength="40" '
        f'autocapitalize="characters" aria-describedby="help"><small id="help">{text["code_help"]}</small>'
        f"<button>{text['connect']}</button></form>"
    )
    return _page(language, _title(text, name), body)


def trying(name: str, language: str) -> str:
    """The last page before the hotspot ends."""
    text = words(language)
    lines = html.escape(text["trying_help"].format(name=name))
    return _page(language, _title(text, name), f"<h1>{text['trying']}</h1><p>{lines}</p>")


def _title(text: Mapping[str, str], name: str) -> str:
    return html.escape(text["title"].format(name=name))


def _choice(text: Mapping[str, str], networks: Sequence[Seen], chosen: str) -> str:
    if not networks:
        return f"<p>{text['none']}</p>"
    options = "".join(_option(text, each, chosen) for each in networks)
    return f'<label for="ssid">{text["network"]}</label><select id="ssid" name="ssid">{options}</select>'


def _option(text: Mapping[str, str], seen: Seen, chosen: str) -> str:
    bars = "▂▄▆█"[: 1 + min(3, seen.signal // 25)]
    more = "" if seen.secured else f" ({text['open']})"
    selected = " selected" if seen.ssid == chosen else ""
    value, shown = html.escape(seen.ssid), html.escape(_printable(seen.ssid))
    return f'<option value="{value}"{selected}>{shown}{more} {bars}</option>'


def _printable(ssid: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in ssid)


def _page(language: str, title: str, body: str) -> str:
    code = "de" if words(language) is WORDS["de"] else "en"
    return (
        f'<!doctype html><html lang="{code}"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>{title}</title><style>{STYLE}</style>'
        f"<body>{body}</body></html>"
    )
