"""From a request to changed timers and an answer. Pure: timers, clocks and room in, a decision out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from appliance.timers import calendar, choosing, model, phrases, texts
from appliance.timers.model import Kind, Now, Timer
from appliance.timers.request import Answer, Request
from appliance.timers.schedule import Policy, finished, remaining


class Situation(msgspec.Struct, frozen=True):
    """Where and when something is asked. `areas`: area by room; `now` is already believed."""

    timers: tuple[Timer, ...]
    now: Now
    language: str = "en"
    room: str = "local"
    person: str = ""
    policy: Policy = Policy()
    areas: Mapping[str, str] = {}
    next_id: int = 1
    snooze_s: float = 540.0

    @property
    def here(self) -> datetime | None:
        """Local time; None while nobody knows it."""
        return calendar.local(self.now.wall_s, self.policy.zone) if self.now.trusted else None


class Decision(msgspec.Struct, frozen=True):
    """Timers to write (those that are over are removed), and what to say once they are written."""

    answer: Answer
    changes: tuple[Timer, ...] = ()
    pending: Request | None = None
    """What the reply to a question belongs to."""


def decide(request: Request, home: Situation) -> Decision:
    """What becomes of a request."""
    match request.do:
        case "set":
            return _set(request, home)
        case "cancel_all":
            return _cancel_all(request, home)
        case "status":
            return _status(request, home)
        case "stop" | "snooze":
            return _ringing(request, home)
        case _:
            return _change(request, home)


def _tell(home: Situation, key: str, **words: object) -> Decision:
    """Only say something: nothing was done."""
    return Decision(Answer(phrases.say(home.language, key, **words), ok=False))


def _ask(home: Situation, request: Request, key: str, **words: object) -> Decision:
    text = phrases.say(home.language, key, **words)
    return Decision(Answer(text, expects_reply=True, ok=False), pending=request)


# --- setting ------------------------------------------------------------------------------------------


def _set(request: Request, home: Situation) -> Decision:
    kind: Kind = request.kind or "timer"
    problem = _incomplete(request, kind, home) or _impossible(request, home)
    if problem is not None:
        return problem
    plain = Timer(
        id=home.next_id,
        kind=kind,
        label=request.label[: model.MAX_LABEL],
        text=request.text[: model.MAX_TEXT],
        room=home.room[: model.MAX_NAME],
        person=home.person[: model.MAX_NAME],
        created_s=home.now.wall_s,
    )
    if request.seconds:
        timer = replace(plain, duration_s=request.seconds, due=model.due_in(request.seconds, home.now))
        return Decision(Answer(_confirmed(timer, request, home)), (timer,))
    at = _moment(request, home)
    if at is None:
        return _tell(home, "past" if home.here else "no_clock")
    days = request.when.days if request.when else ()
    timer = replace(plain, at=calendar.written(at), zone=home.policy.zone, days=days)
    return Decision(Answer(_confirmed(timer, request, home)), (timer,))


def _incomplete(request: Request, kind: Kind, home: Situation) -> Decision | None:
    timed = request.when is not None and request.when.hour >= 0
    if kind == "reminder" and not request.text:
        return _ask(home, request, "what_text")
    if not request.seconds and not timed:
        return _ask(home, request, "how_long" if kind == "timer" else "what_time")
    return None


def _impossible(request: Request, home: Situation) -> Decision | None:
    if len(home.timers) >= model.MAX_TIMERS:
        return _tell(home, "too_many", count=len(home.timers))
    if request.seconds > model.MAX_SECONDS:
        return _tell(home, "too_long", time=phrases.duration(home.language, model.MAX_SECONDS))
    if request.seconds and request.seconds < model.MIN_SECONDS:
        return _tell(home, "past")
    return None


def _moment(request: Request, home: Situation) -> datetime | None:
    if home.here is None or request.when is None or request.when.hour < 0:
        return None
    return calendar.resolve(request.when, home.here)


def _confirmed(timer: Timer, request: Request, home: Situation) -> str:
    language = home.language
    if timer.at:
        time = phrases.moment(language, timer.at, timer.days, home.here)
        ahead = phrases.say(language, "at", time=time)
    else:
        time = phrases.duration(language, request.seconds)
        ahead = phrases.say(language, "in", time=phrases.dative(language, request.seconds))
    if timer.kind == "reminder":
        return phrases.say(language, "reminder_set", time=_lower(ahead), text=timer.text)
    bare = replace(timer, at="") if not timer.label else timer
    name = phrases.name(language, bare, home.here) if timer.label else phrases.say(language, timer.kind)
    return phrases.say(language, "set", name=name, time=time)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- asking -------------------------------------------------------------------------------------------


def _status(request: Request, home: Situation) -> Decision:
    found = choosing.matching(request, home.timers, home.areas)
    if not found:
        return _nothing(request, home)
    ordered = sorted(found, key=lambda timer: _sort_key(timer, home))
    if len(found) == 1 or request.next:
        return Decision(Answer(_about(ordered[0], home)))
    items = phrases.listed(home.language, [_item(timer, home) for timer in ordered])
    kinds = texts.TEXTS[phrases.known(home.language)][_plural(found)]
    return Decision(
        Answer(phrases.say(home.language, "several", count=len(found), kinds=kinds, choices=items))
    )


def _plural(found: Sequence[Timer]) -> str:
    kinds = {timer.kind for timer in found}
    return f"{kinds.pop()}s" if len(kinds) == 1 else "all"


def _sort_key(timer: Timer, home: Situation) -> float:
    wait = remaining(timer, home.now)
    return model.MAX_SECONDS * 100 if wait is None else wait


def _about(timer: Timer, home: Situation) -> str:
    language, name = home.language, phrases.name(home.language, timer, home.here)
    if timer.state == "ringing":
        return phrases.say(language, "rings", name=name)
    wait = remaining(timer, home.now)
    if wait is None:
        return phrases.say(language, "unknown_left", name=name)
    time = phrases.duration(language, wait)
    if timer.state == "paused":
        return phrases.say(language, "paused_left", name=name, time=time)
    if timer.at and timer.due is None:
        return _dated(timer, home)
    alone = len(home.timers) == 1 and not timer.label and timer.kind == "timer"
    return phrases.say(language, "left_one" if alone else "left", name=name, time=time)


def _dated(timer: Timer, home: Situation) -> str:
    """Of something with a time of day, that time is what one wants to hear."""
    time = phrases.moment(home.language, timer.at, timer.days, home.here)
    name = phrases.name(home.language, timer, home.here)
    if timer.label or timer.kind == "reminder":
        return phrases.say(home.language, "item", name=name, time=time) + "."
    return phrases.say(home.language, "set_for", name=name)


def _item(timer: Timer, home: Situation) -> str:
    """One of several, without its sentence."""
    words, name = texts.TEXTS[phrases.known(home.language)], phrases.name(home.language, timer, home.here)
    wait = remaining(timer, home.now)
    if timer.at and timer.due is None:
        if not timer.label and timer.kind != "reminder":
            return name
        time = phrases.moment(home.language, timer.at, timer.days, home.here)
        return words["item"].format(name=name, time=time)
    if wait is None or timer.state == "ringing":
        return name
    key = "item_paused" if timer.state == "paused" else "item_left"
    return words[key].format(name=name, time=phrases.duration(home.language, wait))


def _nothing(request: Request, home: Situation) -> Decision:
    """There is none at all, or none like that."""
    same_kind = [timer for timer in home.timers if request.kind in (None, timer.kind)]
    if not same_kind:
        return _tell(home, f"none_{request.kind}" if request.kind else "none")
    kind = texts.TEXTS[phrases.known(home.language)][request.kind or "timer"]
    return _tell(home, "not_found", kind=kind)


# --- changing -----------------------------------------------------------------------------------------


def _change(request: Request, home: Situation) -> Decision:
    found = choosing.matching(request, home.timers, home.areas)
    meant = choosing.one(request, found, home.room)
    if request.next:
        meant = tuple(sorted(found, key=lambda timer: _sort_key(timer, home))[:1])
    if not meant:
        return _nothing(request, home)
    if len(meant) > 1:
        names = [phrases.name(home.language, timer, home.here) for timer in meant]
        return _ask(home, request, "which", choices=phrases.listed(home.language, names, "or"))
    return _CHANGES[request.do](request, meant[0], home)


def _cancel(request: Request, timer: Timer, home: Situation) -> Decision:
    del request
    snoozed = timer.due is not None and timer.days
    if timer.state == "ringing" or snoozed:
        # Not the whole repetition: tomorrow it is to ring again.
        return Decision(Answer(phrases.say(home.language, "stopped")), (finished(timer, home.now, "done"),))
    gone = replace(timer, state="cancelled", due=None)
    name = phrases.name(home.language, timer, home.here)
    return Decision(Answer(phrases.say(home.language, "cancelled", name=name)), (gone,))


def _lengthen(request: Request, timer: Timer, home: Situation) -> Decision:
    if timer.at and timer.due is None:
        return _tell(home, "cannot_lengthen")
    if not request.seconds:
        return _ask(home, request, "how_long")
    wait = remaining(timer, home.now) or 0.0
    if timer.state != "ringing" and wait + request.seconds <= 0:
        return _tell(home, "gone")
    if wait + request.seconds > model.MAX_SECONDS:
        return _tell(home, "too_long", time=phrases.duration(home.language, model.MAX_SECONDS))
    longer = model.lengthen(timer, request.seconds, home.now)
    key = "added" if request.seconds > 0 else "removed"
    time = phrases.duration(home.language, abs(request.seconds))
    total = phrases.duration(home.language, remaining(longer, home.now) or 0.0)
    return Decision(Answer(phrases.say(home.language, key, time=time, left=total)), (longer,))


def _rename(request: Request, timer: Timer, home: Situation) -> Decision:
    renamed = replace(timer, label=request.label[: model.MAX_LABEL])
    name = phrases.name(home.language, renamed, home.here)
    return Decision(Answer(phrases.say(home.language, "renamed", name=name)), (renamed,))


def _move(request: Request, timer: Timer, home: Situation) -> Decision:
    if timer.kind == "timer":
        return _tell(home, "cannot_move")
    if request.seconds:
        moved = replace(timer, state="running", at="", zone="", days=(), duration_s=request.seconds)
        moved = replace(moved, due=model.due_in(request.seconds, home.now))
        time = phrases.duration(home.language, request.seconds)
    else:
        at = _moment(request, home)
        if at is None:
            return _tell(home, "past" if home.here else "no_clock")
        days = (request.when.days if request.when else ()) or timer.days
        moved = replace(timer, state="running", at=calendar.written(at), zone=home.policy.zone, days=days)
        moved = replace(moved, due=None, duration_s=0.0)
        time = phrases.moment(home.language, moved.at, moved.days, home.here)
    name = phrases.say(home.language, timer.kind)
    return Decision(Answer(phrases.say(home.language, "moved", name=name, time=time)), (moved,))


def _pause(request: Request, timer: Timer, home: Situation) -> Decision:
    del request
    if timer.state == "paused":
        return _tell(home, "already_paused")
    paused = model.pause(timer, home.now)
    if paused is timer:
        return _tell(home, "cannot_pause")
    return _named(home, "paused", paused, paused.left_s)


def _resume(request: Request, timer: Timer, home: Situation) -> Decision:
    del request
    resumed = model.resume(timer, home.now)
    return _tell(home, "not_paused") if resumed is timer else _named(home, "resumed", resumed, timer.left_s)


def _named(home: Situation, key: str, timer: Timer, seconds: float) -> Decision:
    words = {
        "name": phrases.name(home.language, timer, home.here),
        "time": phrases.duration(home.language, seconds),
    }
    return Decision(Answer(phrases.say(home.language, key, **words)), (timer,))


_CHANGES: dict[str, Callable[[Request, Timer, Situation], Decision]] = {
    "cancel": _cancel,
    "lengthen": _lengthen,
    "rename": _rename,
    "move": _move,
    "pause": _pause,
    "resume": _resume,
}


def _cancel_all(request: Request, home: Situation) -> Decision:
    found = choosing.matching(request, home.timers, home.areas)
    if not found:
        return _nothing(request, home)
    gone = tuple(replace(timer, state="cancelled", due=None) for timer in found)
    words = texts.TEXTS[phrases.known(home.language)]
    if len(found) == 1:
        name = phrases.name(home.language, found[0], home.here)
        return Decision(Answer(phrases.say(home.language, "cancelled", name=name)), gone)
    kinds = words[_plural(found)]
    return Decision(Answer(phrases.say(home.language, "cancelled_all", count=len(found), kinds=kinds)), gone)


def _ringing(request: Request, home: Situation) -> Decision:
    """Stop or put off what rings: here, or else anywhere."""
    ringing = [timer for timer in home.timers if timer.state == "ringing"]
    near = [timer for timer in ringing if timer.room == home.room] or ringing
    found = choosing.matching(request, near, home.areas)
    if not found:
        return _tell(home, "nothing_rings")
    if request.do == "stop":
        done = tuple(finished(timer, home.now, "done") for timer in found)
        return Decision(Answer(phrases.say(home.language, "stopped")), done)
    seconds = min(request.seconds, model.MAX_SECONDS) if request.seconds > 0 else home.snooze_s
    later = tuple(model.snooze(timer, seconds, home.now) for timer in found)
    time = phrases.dative(home.language, seconds)
    return Decision(Answer(phrases.say(home.language, "snoozed", time=time)), later)
