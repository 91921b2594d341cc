"""Commands to one thing."""

from __future__ import annotations

from understanding_cases import (
    BRIGHT,
    CLOSE,
    DOCK,
    OFF,
    ON,
    OPEN,
    POSITION,
    START,
    VOLUME,
    WARM,
    Case,
    Speaker,
)


class Commanded(Speaker):
    """Commands to one thing."""

    def _named(self) -> Case | None:
        entity = self._pick("light", "switch", "fan")
        assert entity
        service, templates = self._chance.choice([("turn_on", ON), ("turn_off", OFF)])
        return Case("named", self._say(templates, x=self._call(entity)), {entity["id"]: ((service, {}),)})

    def _by_place(self) -> Case | None:
        """A kind of thing that is once in a room, whatever its name."""
        area, name = self._chance.choice(list(self._areas.items()))
        things = {"light": "light", "fan": "fan", "cover": "", "media_player": ""}
        domain = self._chance.choice(list(things))
        there = [each for each in self._of(domain) if each["area"] == area]
        if len(there) != 1:
            return None
        entity = there[0]
        word = things[domain] or entity["attributes"]["device_class"]
        x = self._chance.choice([f"the {name.lower()} {word}", f"the {word} in the {name.lower()}"])
        if domain == "cover":
            return Case("by place", self._say(CLOSE, x=x), {entity["id"]: (("close_cover", {}),)})
        if domain == "media_player":
            return Case("by place", f"pause {x}", {entity["id"]: (("media_pause", {}),)})
        return Case("by place", self._say(OFF, x=x), {entity["id"]: (("turn_off", {}),)})

    def _brightness(self) -> Case | None:
        entity, number = self._pick("light"), self._chance.choice([10, 25, 30, 50, 75, 80, 100])
        assert entity
        said = self._chance.choice(
            [str(number), {25: "twenty five", 50: "fifty", 10: "ten"}.get(number, str(number))]
        )
        text = (
            self._say(BRIGHT, x=self._call(entity), n=said)
            .replace("five%", "five percent")
            .replace("ty%", "ty percent")
        )
        return Case("brightness", text, {entity["id"]: (("turn_on", {"brightness_pct": number}),)})

    def _color(self) -> Case | None:
        lights = [each for each in self._of("light") if "hs" in each["attributes"]["supported_color_modes"]]
        if not lights:
            return None
        entity, color = (
            self._chance.choice(lights),
            self._chance.choice(["red", "blue", "green", "purple", "orange"]),
        )
        text = self._say(
            ("make {x} {c}", "set {x} to {c}", "change the color of {x} to {c}", "turn {x} {c}", "{x} {c}"),
            x=self._call(entity),
            c=color,
        )
        return Case("color", text, {entity["id"]: (("turn_on", {"color_name": color}),)})

    def _covers(self) -> Case | None:
        covers = [each for each in self._of("cover") if each["attributes"]["device_class"] != "garage"]
        if not covers:
            return None
        entity = self._chance.choice(covers)
        x = self._call(entity)
        match self._chance.choice(["open", "close", "position"]):
            case "open":
                return Case("covers", self._say(OPEN, x=x), {entity["id"]: (("open_cover", {}),)})
            case "close":
                return Case("covers", self._say(CLOSE, x=x), {entity["id"]: (("close_cover", {}),)})
        number = self._chance.choice([20, 40, 60])
        deed = (("set_cover_position", {"position": number}),)
        return Case("covers", self._say(POSITION, x=x, n=number), {entity["id"]: deed})

    def _climate(self) -> Case | None:
        entity, number = self._pick("climate"), self._chance.choice([18, 21, 22.5, 19])
        if entity is None:
            return None
        deed = (("set_temperature", {"temperature": number}),)
        x = self._chance.choice([self._call(entity), f"the {self._areas[entity['area']].lower()}"])
        return Case("climate", self._say(WARM, x=x, n=number), {entity["id"]: deed})

    def _media(self) -> Case | None:
        entity = self._pick("media_player")
        if entity is None:
            return None
        x, room = self._call(entity), self._areas[entity["area"]].lower()
        alone = sum(each["area"] == entity["area"] for each in self._of("media_player")) == 1
        choices = [
            (self._say(VOLUME, x=x, n=30), ("volume_set", {"volume_level": 0.3})),
            (f"pause {x}", ("media_pause", {})),
            (f"resume {x}", ("media_play", {})),
            (f"mute {x}", ("volume_mute", {"is_volume_muted": True})),
            (f"next track on {x}", ("media_next_track", {})),
            (f"skip this song on {x}", ("media_next_track", {})),
            (f"unmute {x}", ("volume_mute", {"is_volume_muted": False})),
            (f"turn up the volume on {x}", ("volume_up", {})),
            (f"make {x} quieter", ("volume_down", {})),
            (f"turn {x} down", ("volume_down", {})),
            (f"play the previous song on {x}", ("media_previous_track", {})),
        ]
        if alone:
            choices.append((f"pause the music in the {room}", ("media_pause", {})))
        text, deed = self._chance.choice(choices)
        return Case("media", text, {entity["id"]: (deed,)})

    def _house_things(self) -> Case | None:
        vacuum = self._of("vacuum")[0]
        name = vacuum["name"]
        choices: list[tuple[str, str, str]] = [
            (self._say(START, x=name), vacuum["id"], "start"),
            (self._say(DOCK, x=name), vacuum["id"], "return_to_base"),
            (f"vacuum the {self._chance.choice(list(self._areas.values())).lower()}", vacuum["id"], "start"),
            ("lock the front door", "lock.home_front_door", "lock"),
            ("unlock the back door", "lock.home_back_door", "unlock"),
            ("bolt the back door", "lock.home_back_door", "lock"),
            ("secure the front door please", "lock.home_front_door", "lock"),
            ("open the garage door", "cover.home_garage_door", "open_cover"),
            ("shut the garage", "cover.home_garage_door", "close_cover"),
            ("open the sprinkler", "valve.home_garden_sprinkler", "open_valve"),
            ("turn off the garden sprinkler", "valve.home_garden_sprinkler", "close_valve"),
            ("activate movie night", "scene.home_movie_night", "turn_on"),
            ("start the movie night scene", "scene.home_movie_night", "turn_on"),
            ("run the good morning script", "script.home_good_morning", "turn_on"),
            ("good morning script, start", "script.home_good_morning", "turn_on"),
            ("press the doorbell chime", "button.home_doorbell_chime", "press"),
            ("push the doorbell chime button", "button.home_doorbell_chime", "press"),
            (f"pause {name}", vacuum["id"], "pause"),
            (f"stop {name}", vacuum["id"], "stop"),
            ("set the scene to movie night", "scene.home_movie_night", "turn_on"),
        ]
        text, entity, service = self._chance.choice(choices)
        return Case("house things", text, {entity: ((service, {}),)})
