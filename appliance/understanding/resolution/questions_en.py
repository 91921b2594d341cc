"""The words of English questions. Data."""

from __future__ import annotations

from appliance.understanding.resolution.asking import Questions
from appliance.understanding.resolution.lexicon import by_phrase, phrases

LEAD = phrases("""
please | hey | hi | hello | ok | okay | so | um | uh | well | can you tell me | could you tell me |
tell me | would you tell me | do you know | can you check | could you check | check | please check |
can you please tell me | i want to know | i would like to know | i wonder | let me know | can you
say | can you let me know | quick question | by the way | and | also | give me | could you give me |
can you give me | i need to know | can you see | could you please tell me | remind me | could you
let me know | find out | can you find out | just | now | report | would you mind telling me | could
you | can you | sure
""")
OPENERS = by_phrase("""
yesno: any | is | are | was | were | is there | are there | is there any | are there any | is there
    anything | did i leave | did we leave | did someone leave | did anyone leave | have i left | did i
    forget to | have i | did i | did we | do i have | do we have | do i still have | has | has anyone |
    if | whether | see if | see whether | is it | did somebody leave | have we | check if | check
    whether | check that | verify that | confirm that | verify if | make sure
ask: what is | what are | what was | what | which | how | how is | how are | status | status of | state
    of | list | name | list all | show me | can you show me | which of | what is it | the status of |
    what do i have | what do we have | what are all | read | read me | what has | which is | how is it |
    what kind of | state | read out | show | what will | what does | display | view
count: how many | count | count the | number of | the number of | what is the number of | what number of
    | how many of
where: where is | where are
who: who is | who | who else is | who all is
""")
STATES = by_phrase("""
on: on | turned on | switched on | active | powered on | lit | activated | enabled | powered | turn on |
    left on | illuminated
off: off | turned off | switched off | inactive | powered off | turn off | disabled | deactivated | out
    | switch off
open: open | opened | left open | wide open | raised | up | ajar | unclosed | open up
closed: closed | shut | close | lowered | down | fully closed
locked: locked | lock | secured | bolted | lock up | locked up
unlocked: unlocked | unlock | not locked | unsecured
running: running | working | spinning | operating | going | in operation | run
playing: playing | streaming | playing music | playing anything | playing something
paused: paused
idle: idle
muted: muted | on mute
home: home | at home | in the house | around | in
away: away | not home | not at home | out of the house | gone | out of home
cleaning: cleaning | vacuuming | cleaning up
mowing: mowing
docked: docked | charging | on its dock | in its dock | at its dock | at the dock | at its base | at the
    base | on the dock | at home base | on its base | on the charger
returning: returning | on its way back | returning to base | going home | heading back | returning to
    the dock
armed: armed | set
disarmed: disarmed
heating: heating | heating up | warming up
cooling: cooling | cooling down
motion: motion | movement | occupied | someone | somebody | anyone | anybody | any motion | any movement
    | activity | motion detected | movement detected | presence | anyone there | someone there
    | any activity
still: empty | unoccupied | vacant | clear
wet: wet | leaking | leak | any leaks | a leak | water leak | leaks | flooding | flooded | any leak
dry: dry
smoke: smoke | gas leak | carbon monoxide | fire | smoke detected
detected: detected | detecting anything | detecting | detecting motion
triggered: triggered | tripped | going off
low: low | running low | nearly empty | almost empty | low battery | low on battery | run low
rainy: raining | rainy | rain
snowy: snowing | snowy | snow
sunny: sunny | clear outside
cloudy: cloudy | overcast
windy: windy
foggy: foggy
stormy: stormy | storming
""")
PROPERTIES = by_phrase("""
temperature: temperature | temp | warm | hot | cold | cool | degrees | many degrees | chilly |
    temperatures | current temperature | air temperature | room temperature | warmth | temperature
    reading | toasty | freezing | warm or cold
humidity: humidity | humid | damp | humidity level | air humidity | moist
battery: battery | battery level | battery percentage | charge | charged | battery status | much battery
    | battery charge | batteries | charge level | battery life
brightness: brightness | bright | brightness level | dimmed | dim
illuminance: illuminance | light level | lux
volume: volume | loud | volume level | loudness
position: position | far open | wide open is | far closed | open percentage | far up | far down
speed: speed | fast | fan speed
color: color | colors | what color
target: target temperature | set temperature | set point | setpoint | set to | temperature set to | set
    at | target humidity | temperature set | desired temperature | temperature setting | target
mode: mode | hvac mode | operating mode
fan_mode: fan mode
preset: preset | preset mode
power: power | much power | watts | power consumption | power usage | much electricity | power draw |
    wattage
energy: energy | much energy | energy consumption | energy usage | electricity consumption | energy use
co2: co2 | carbon dioxide | co2 level | carbon dioxide level
pm25: pm2 5 | particulate matter | fine dust
air: air quality | air quality index
pressure: pressure | air pressure | barometric pressure | atmospheric pressure
wind: wind speed | wind | strong is the wind
voltage: voltage
current: amperage | electric current
moisture: soil moisture | moisture | moisture level
water: water consumption | water usage | much water
distance: distance
noise: noise level | noise | sound pressure
signal: signal strength | signal
rain: rainfall | precipitation | much rain
source: source | input | channel | playing from
title: song | track | song is playing | title | song is this | currently playing | now playing | being
    played | movie | is playing | show | tune
artist: artist | singer | band
app: app
state: state | status | doing | up to | condition | current state | current status | state of | status
    of | states
weather: weather | weather like | forecast | weather forecast | like outside | outlook
""")
QUANTITIES = {
    "any": "any", "anything": "any", "all": "all", "every": "all", "everything": "all", "both": "all",
    "each": "all", "some": "any", "either": "any", "something": "any",
}  # fmt: skip
SILENT = frozenset(
    [
        "currently",
        "now",
        "right",
        "please",
        "still",
        "there",
        "it",
        "me",
        "my",
        "do",
        "does",
        "did",
        "have",
        "has",
        "i",
        "we",
        "you",
        "of",
        "so",
        "today",
        "be",
        "been",
        "that",
        "this",
        "which",
        "what",
        "currently",
        "moment",
        "many",
        "much",
        "is",
        "are",
        "was",
        "were",
        "or",
        "not",
        "the",
        "also",
        "just",
        "left",
        "level",
        "using",
        "use",
        "uses",
        "used",
        "consuming",
        "drawing",
        "needing",
        "home's",
        "at",
        "me",
        "show",
        "showing",
        "showing",
        "tell",
        "there's",
        "am",
        "as",
        "how",
        "like",
        "been",
        "being",
        "got",
        "currently's",
        "exactly",
        "total",
        "think",
        "sure",
        "measured",
        "measure",
        "sensor's",
        "set",
        "get",
        "getting",
        "out're",
        "device",
        "devices",
        "thing",
        "things",
        "room's",
        "thanks",
    ]
)
ENGLISH = Questions(
    lead=LEAD,
    openers=OPENERS,
    states=STATES,
    properties=PROPERTIES,
    quantities=QUANTITIES,
    silent=SILENT,
    outside=frozenset({"outside", "outdoors", "outdoor"}),
    prepositions=frozenset(["in", "on", "at", "of", "for", "to", "from", "inside", "with", "by"]),
    articles=frozenset(
        ["the", "a", "an", "my", "our", "your", "that", "this", "these", "those", "their", "his", "her"]
    ),
    nouns=phrases("""
temperature | temp | humidity | battery | battery level | weather | forecast | weather forecast |
air quality | co2 | co2 level | humidity level | air pressure | power consumption | energy
consumption | current temperature
"""),
    later=frozenset(
        [
            "tomorrow",
            "yesterday",
            "tonight",
            "later",
            "week",
            "weekend",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "ago",
            "last",
            "when",
            "why",
            "should",
            "will",
            "would",
            "if",
            "else",
            "next",
            "because",
            "hour",
            "hours",
            "minutes",
        ]
    )
    - {"if", "else", "will", "last"},
)
