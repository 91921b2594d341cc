"""English words about lists, complaints and follow-ups. Data."""

from __future__ import annotations

from appliance.understanding.resolution.lexicon import by_phrase, phrases
from appliance.understanding.resolution.lists import ListWords
from appliance.understanding.resolution.situations import Complaints

LISTS = ListWords(
    openers={
        **dict.fromkeys(phrases("add|put|write|place|append|include|jot down|note|write down|insert"), "add"),
        **dict.fromkeys(phrases("complete|check off|tick off|mark|check|tick|cross off|finish"), "complete"),
        **dict.fromkeys(phrases("remove|delete|take|erase|drop|strike"), "remove"),
    },
    links=frozenset({"to", "on", "onto", "in", "into", "from", "off"}),
    silent=frozenset(
        [
            "please",
            "can",
            "you",
            "could",
            "would",
            "i",
            "want",
            "need",
            "to",
            "the",
            "my",
            "our",
            "your",
            "some",
            "of",
            "off",
            "us",
            "let",
            "will",
            "just",
            "kindly",
            "down",
            "hey",
            "ok",
            "okay",
            "also",
            "and",
            "now",
            "we",
            "like",
        ]
    ),
    usual=("shopping", "groc"),
    alone=frozenset({"add"}),
    endings=phrases("""
as done | as completed | as complete | as finished | done | please | completed | for me | thanks |
thank you
"""),
)
COMPLAINTS = Complaints(
    starts=phrases("""
i | i think it is | i think it is getting | i feel like it is | it is | i am | it feels | i feel |
we are | it is getting | it has gotten | there is | it seems | it got | it has become | it is so
"""),
    middles=frozenset({"is", "feels", "are", "seems", "gets", "looks"}),
    degrees=frozenset(
        [
            "too",
            "so",
            "very",
            "really",
            "a",
            "bit",
            "little",
            "kind",
            "of",
            "sort",
            "rather",
            "quite",
            "pretty",
            "getting",
            "way",
            "much",
            "far",
            "extremely",
            "super",
            "awfully",
            "somewhat",
            "just",
            "now",
        ]
    ),
    needed=frozenset(
        {"too", "so", "very", "really", "way", "extremely", "quite", "pretty", "getting", "rather"}
    ),
    about=by_phrase("""
dark: dark | dim | gloomy | not bright enough | not enough light | can not see anything | can not see
    | hardly see | not light enough
bright: bright | blinding | not dark enough
cold: cold | chilly | freezing | cool | not warm enough | frigid
hot: hot | warm | boiling | stuffy | sweltering | not cool enough | not cold enough
loud: loud | noisy | not quiet enough
quiet: quiet | not loud enough | can not hear | silent | hardly hear
"""),
    silent=frozenset(
        [
            "the",
            "in",
            "a",
            "an",
            "here",
            "i",
            "it",
            "my",
            "our",
            "is",
            "at",
            "of",
            "this",
            "room",
            "that",
            "for",
            "me",
            "to",
            "can",
            "on",
            "out",
            "up",
            "am",
            "anything",
        ]
    )
    - {"room"},
    lights="lights",
)
AGAIN = phrases("""
and | what about | how about | and what about | and how about | the same for | the same in | same
for | same in | do the same for | do the same in | do the same with | also | and also | and in | now
| and now | same with | same thing in | same thing for
""")
LATER = frozenset(
    [
        "tomorrow",
        "tonight",
        "later",
        "when",
        "if",
        "until",
        "unless",
        "after",
        "before",
        "once",
        "whenever",
        "minute",
        "minutes",
        "hour",
        "hours",
        "second",
        "seconds",
        "pm",
        "am",
        "clock",
        "sunset",
        "sunrise",
        "midnight",
        "noon",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "weekend",
        "evening",
    ]
)
