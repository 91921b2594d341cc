"""Questions, complaints, lists, and what must not be done."""

from __future__ import annotations

from understanding_cases import ABSENT_ROOMS, ABSENT_THINGS, BRIGHT, NOT, OFF, ON, Case, Speaker


class Asked(Speaker):
    """Sentences that want an answer, or nothing at all."""

    def _yes_or_no(self) -> Case | None:
        entity = self._pick("light", "switch", "fan", "lock", "binary_sensor")
        assert entity
        if entity["domain"] == "binary_sensor" and entity["attributes"]["device_class"] != "window":
            return None
        good, bad, true = {
            "lock": ("locked", "unlocked", entity["state"] == "locked"),
            "binary_sensor": ("open", "closed", entity["state"] == "on"),
        }.get(entity["domain"], ("on", "off", entity["state"] == "on"))
        asked, yes = self._chance.choice([(good, true), (bad, not true)])
        text = self._say(
            (
                "is {x} {s}",
                "is {x} {s}?",
                "can you tell me if {x} is {s}",
                "check if {x} is {s}",
                "is {x} currently {s}",
            ),
            x=self._call(entity),
            s=asked,
        )
        return Case("yes or no", text, {}, ("yes",) if yes else ("no",))

    def _which(self) -> Case | None:
        on = [each["name"].lower() for each in self._of("light") if each["state"] == "on"]
        text = self._chance.choice(
            [
                "which lights are on",
                "what lights are on right now",
                "tell me which lights are turned on",
                "list the lights that are on",
            ]
        )
        return Case("which", text, {}, tuple(on[:1]) or ("none", "no"))

    def _count(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        lights = [each for each in self._of("light") if each["area"] == area]
        state = self._chance.choice(["on", "off"])
        count = sum(each["state"] == state for each in lights)
        if self._chance.random() < 0.4:
            return Case("count", f"how many lights are there in the {name.lower()}", {}, (str(len(lights)),))
        return Case("count", f"how many lights are {state} in the {name.lower()}", {}, (str(count),))

    def _values(self) -> Case | None:
        sensor = self._pick("sensor")
        if sensor is None:
            return None
        room = self._areas[sensor["area"]].lower()
        value = f"{float(sensor['state']):g}"
        if sensor["attributes"]["device_class"] == "humidity":
            text = self._chance.choice(
                [f"what is the humidity in the {room}", f"how humid is it in the {room}", f"{room} humidity"]
            )
        else:
            text = self._chance.choice(
                [
                    f"how warm is it in the {room}",
                    f"what's the temperature in the {room}",
                    f"what is the {room} temperature",
                    f"tell me the temperature of the {room}",
                    f"how cold is the {room}",
                ]
            )
        return Case("values", text, {}, (value, sensor["state"]))

    def _complaints(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        lights = [each for each in self._of("light") if each["area"] == area]
        if all(each["state"] == "on" for each in lights):
            return None
        text, near = self._chance.choice(
            [
                ("it is too dark in here", area),
                ("it's so dark", area),
                (f"it's too dark in the {name.lower()}", ""),
                (f"the {name.lower()} is too dark", ""),
            ]
        )
        return Case("complaints", text, {each["id"]: (("turn_on", {}),) for each in lights}, near=near)

    def _lists(self) -> Case | None:
        item = self._chance.choice(["milk", "two lemons", "cat food", "Greek yogurt", "batteries"])
        text = self._say(
            (
                "add {i} to my shopping list",
                "put {i} on the shopping list",
                "please add {i} to the shopping list",
                "can you put {i} on my shopping list",
                "i need you to add {i} to the list",
            ),
            i=item,
        )
        return Case("lists", text, {"todo.home_shopping_list": (("add_item", {"item": item}),)})

    def _not_obeyed(self) -> Case | None:
        entity = self._pick("light", "switch", "fan")
        assert entity
        return Case("not obeyed", self._say(NOT, x=self._call(entity)), {})

    def _absent(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        domains = {each["domain"] for each in self._house["entities"] if each["area"] == area}
        choices = [
            f"the {self._chance.choice(ABSENT_THINGS)}",
            f"the light in the {self._chance.choice(ABSENT_ROOMS)}",
            f"the {self._chance.choice(ABSENT_ROOMS)} lights",
            f"the {name.lower()} {self._chance.choice(ABSENT_THINGS)}",
        ]
        choices += (
            [f"the {name.lower()} fan", f"the fan in the {name.lower()}"] if "fan" not in domains else []
        )
        templates = self._chance.choice([ON, OFF, BRIGHT])
        text = self._say(templates, x=self._chance.choice(choices), n=40)
        return Case("absent", text, {})

    def _ambiguous(self) -> Case | None:
        area, name = self._chance.choice(list(self._areas.items()))
        lights = [each for each in self._of("light") if each["area"] == area]
        called = {each["name"].lower() for each in self._of("light")}
        if len(lights) < 2 or called & {"light", f"{name.lower()} light"}:
            return None
        text = self._chance.choice(["turn on the light", "set the light to 30%"])
        return Case("ambiguous", text, {})
