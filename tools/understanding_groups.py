"""Several things and several commands, other words and other places."""

from __future__ import annotations

from understanding_cases import OFF, ON, Case, Speaker


class Grouped(Speaker):
    """Sentences about more than one thing, or said in an unusual way."""

    def _areas_of(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        lights = [each["id"] for each in self._of("light") if each["area"] == area]
        x = self._say(
            (
                "all the lights in the {r}",
                "the {r} lights",
                "all {r} lights",
                "every light in the {r}",
                "the lights in the {r}",
                "the lights of the {r}",
                "each of the {r} lights",
            ),
            r=name.lower(),
        )
        service, templates = self._chance.choice([("turn_on", ON), ("turn_off", OFF)])
        return Case("areas", self._say(templates, x=x), dict.fromkeys(lights, ((service, {}),)))

    def _floors_of(self) -> Case | None:
        floor = self._chance.choice(list(self._floors.values()))
        lights = [each["id"] for each in self._of("light") if self._floor_of.get(each["area"]) == floor["id"]]
        alias = floor["aliases"][0].lower()
        x = self._chance.choice(
            [
                f"the lights on the {floor['name'].lower()}",
                f"all {alias} lights",
                f"the lights {alias}",
                f"all lights on the {floor['name'].lower()}",
            ]
        )
        return Case("floors", self._say(OFF[:4], x=x), dict.fromkeys(lights, (("turn_off", {}),)))

    def _all_but(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        lights = [each for each in self._of("light") if each["area"] == area]
        if len(lights) < 2:
            return None
        left = self._chance.choice(lights)
        word = self._chance.choice(["except", "but not", "apart from", "except for", "but"])
        text = f"turn off all the lights in the {name.lower()} {word} the {left['name'].lower()}"
        return Case("all but", text, {each["id"]: (("turn_off", {}),) for each in lights if each is not left})

    def _pairs(self) -> Case | None:
        first, second = self._pick("light", "switch"), self._pick("fan", "switch", "light")
        if first is None or second is None or first is second:
            return None
        text = f"turn {'on'} {self._call(first)} and {self._call(second)}"
        other = f"switch {self._call(first)} and {self._call(second)} on"
        deed = (("turn_on", {}),)
        return Case("pairs", self._chance.choice([text, other]), {first["id"]: deed, second["id"]: deed})

    def _two_commands(self) -> Case | None:
        first, second = self._pick("light", "switch"), self._pick("light", "fan", "switch")
        if first is None or second is None or first is second:
            return None
        a, b = self._call(first), self._call(second)
        text = self._chance.choice(
            [
                f"turn on {a} and turn off {b}",
                f"turn {a} on and {b} off",
                f"turn on {a}, then switch off {b}",
                f"turn on {a} and then turn {b} off",
                f"turn {a} on, turn {b} off",
            ]
        )
        deeds = {first["id"]: (("turn_on", {}),), second["id"]: (("turn_off", {}),)}
        if self._chance.random() < 0.3:
            text, deeds = (
                f"turn on {a} and lock the front door",
                {first["id"]: (("turn_on", {}),), "lock.home_front_door": (("lock", {}),)},
            )
        return Case("two commands", text, deeds)

    def _relative(self) -> Case | None:
        light = self._pick("light")
        assert light
        x = self._call(light)
        brighter = tuple(("turn_on", {"brightness_step_pct": step}) for step in (10, 20, 30))
        dimmer = tuple(("turn_on", {"brightness_step_pct": -step}) for step in (10, 20, 30))
        text, deed = self._chance.choice(
            [
                (f"make {x} brighter", brighter),
                (f"brighten {x}", brighter),
                (f"dim {x}", dimmer),
                (f"{x} a bit brighter", brighter),
                (f"turn {x} down a little", dimmer),
                (f"increase the brightness of {x}", brighter),
                (f"dim {x} a bit", dimmer),
                (
                    f"increase the brightness of {x} by 10 percent",
                    (("turn_on", {"brightness_step_pct": 10}),),
                ),
                (f"lower the brightness of {x} by 20%", (("turn_on", {"brightness_step_pct": -20}),)),
            ]
        )
        return Case("relative", text, {light["id"]: deed})

    def _misspelt(self) -> Case | None:
        entity = self._pick("light", "switch", "fan")
        assert entity
        words = self._call(entity).split()
        long = [at for at, word in enumerate(words) if len(word) >= 6 and word != "smart"]
        if not long:
            return None
        at = self._chance.choice(long)
        word = words[at]
        place = self._chance.randrange(1, len(word) - 1)
        words[at] = self._chance.choice(
            [
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
                word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
            ]
        )
        return Case("misspelt", f"turn on {' '.join(words)}", {entity["id"]: (("turn_on", {}),)})

    def _turned(self) -> Case | None:
        """Words in another order: "the light, in the kitchen, turn it off" is for others; this is plain."""
        entity = self._pick("light", "fan")
        assert entity
        room = self._areas[entity["area"]].lower()
        short = entity["name"].lower().removeprefix("smart ").removeprefix(f"{room} ")
        text = self._chance.choice(
            [
                f"{short} on in the {room}",
                f"in the {room} turn on the {short}",
                f"turn on the {short} in the {room}",
                f"in the {room}, switch the {short} on",
                f"turn on the {short} that is in the {room}",
            ]
        )
        return Case("word order", text, {entity["id"]: (("turn_on", {}),)})

    def _here(self) -> Case | None:
        area = self._chance.choice(list(self._areas))
        lights = [each["id"] for each in self._of("light") if each["area"] == area]
        text = self._chance.choice(
            [
                "turn off the lights",
                "turn off the lights in here",
                "lights off",
                "switch the lights off in this room",
            ]
        )
        return Case("in here", text, dict.fromkeys(lights, (("turn_off", {}),)), near=area)
