"""German words about questions, lists, complaints and follow-ups. Data."""

from __future__ import annotations

from appliance.understanding.resolution.asking import Questions
from appliance.understanding.resolution.lexicon import by_phrase, phrases
from appliance.understanding.resolution.lists import ListWords
from appliance.understanding.resolution.situations import Complaints

QUESTIONS = Questions(
    lead=phrases("""
bitte | hey | hallo | ok | okay | kannst du mir sagen | sag mir | sage mir | sag mal | weißt du |
kannst du nachsehen | und | auch | ich möchte wissen | nenne mir | prüfe | schau nach | kannst du
prüfen | kannst du schauen | könntest du mir sagen | verrate mir
"""),
    openers=by_phrase("""
yesno: ist | sind | war | gibt es | habe ich | haben wir | hat jemand | ob | brennt | läuft | laufen |
    brennen | steht | stehen | ist es | habe ich noch | regnet | schneit | spielt | lädt | scheint
ask: was ist | was sind | welche | welcher | welches | welchen | was | wie ist | wie | wie sind | status
    | zustand | liste | zeige mir | zeig mir | was läuft | in welchem
count: wie viele | wieviele | wie viel lichter | anzahl
where: wo ist | wo sind | wo befindet sich
who: wer ist | wer
"""),
    states=by_phrase("""
on: an | eingeschaltet | ein | angeschaltet | aktiv | angelassen | brennt | brennen | angemacht
off: aus | ausgeschaltet | abgeschaltet | ausgemacht
open: offen | geöffnet | auf | offengelassen | oben
closed: geschlossen | zu | unten
locked: abgeschlossen | verriegelt | abgesperrt | zugesperrt
unlocked: aufgeschlossen | entriegelt | unverschlossen | aufgesperrt | nicht abgeschlossen
running: läuft | in betrieb | laufen
playing: spielt | gespielt
paused: pausiert
muted: stumm | stummgeschaltet
home: zu hause | daheim | da | anwesend
away: weg | unterwegs | abwesend | nicht da | nicht zu hause
cleaning: saugt | reinigt
docked: angedockt | in der station | in der ladestation | lädt | geladen
armed: scharf
disarmed: unscharf
heating: heizt
cooling: kühlt
motion: bewegung | jemand | belegt
wet: nass | feucht | undicht | leck
dry: trocken
smoke: rauch
low: schwach | fast leer | niedrig | leer
rainy: regnet | regnerisch | regen | regnet es
snowy: schneit | schnee
sunny: sonnig | scheint
cloudy: bewölkt
windy: windig
"""),
    properties=by_phrase("""
temperature: temperatur | warm | kalt | heiß | grad | temperaturen | viel grad
humidity: luftfeuchtigkeit | luftfeuchte | feuchtigkeit | feucht
battery: batterie | akku | batteriestand | akkustand | batterien | ladestand
brightness: helligkeit | hell
volume: lautstärke | laut
position: position | weit offen | weit geöffnet
speed: geschwindigkeit | schnell
color: farbe
target: solltemperatur | zieltemperatur | eingestellt
mode: modus
power: leistung | viel strom | stromverbrauch | verbrauch | viel watt
energy: energie | energieverbrauch
co2: co2 | kohlendioxid
air: luftqualität
pressure: luftdruck
wind: wind | windgeschwindigkeit | windstärke
title: lied | titel | song
state: status | zustand | stand | macht
weather: wetter | wetterbericht | vorhersage
"""),
    quantities={
        "alle": "all",
        "alles": "all",
        "jede": "all",
        "irgendein": "any",
        "irgendeine": "any",
        "noch": "any",
        "irgendwelche": "any",
        "irgendwas": "any",
        "etwas": "any",
        "irgendwo": "any",
        "beide": "all",
    },
    silent=frozenset(
        [
            "gerade",
            "jetzt",
            "denn",
            "noch",
            "es",
            "ist",
            "sind",
            "war",
            "mir",
            "mal",
            "bitte",
            "momentan",
            "aktuell",
            "aktuelle",
            "aktuellen",
            "derzeit",
            "eigentlich",
            "ich",
            "wir",
            "du",
            "hat",
            "habe",
            "haben",
            "gelassen",
            "lassen",
            "viel",
            "viele",
            "gibt",
            "wie",
            "was",
            "welche",
            "oder",
            "und",
            "so",
            "ob",
            "gerät",
            "geräte",
            "insgesamt",
            "heute",
            "auch",
            "nun",
            "steht",
            "stehen",
        ]
    ),
    outside=frozenset({"draußen", "außen", "draussen"}),
    prepositions=frozenset(["in", "an", "auf", "von", "bei", "aus", "zu", "mit", "für"]),
    articles=frozenset(
        [
            "der",
            "die",
            "das",
            "den",
            "dem",
            "des",
            "ein",
            "eine",
            "einen",
            "einem",
            "einer",
            "mein",
            "meine",
            "meinen",
            "meiner",
            "meinem",
            "unser",
        ]
    ),
    nouns=phrases("""
temperatur | luftfeuchtigkeit | wetter | batteriestand | akkustand | luftqualität | wetterbericht
"""),
    later=frozenset(
        [
            "morgen",
            "gestern",
            "später",
            "nächste",
            "woche",
            "wann",
            "warum",
            "wieso",
            "wochenende",
            "stunden",
            "minuten",
        ]
    ),
)
LISTS = ListWords(
    openers={
        **dict.fromkeys(
            phrases("setze|setz|schreibe|schreib|füge|füg|packe|pack|notiere|tu|tue|nimm"), "add"
        ),
        **dict.fromkeys(phrases("hake|hak|erledige"), "complete"),
        **dict.fromkeys(phrases("streiche|streich|lösche|lösch|entferne"), "remove"),
    },
    links=frozenset({"auf", "zu", "von", "in", "an"}),
    silent=frozenset(
        [
            "bitte",
            "kannst",
            "du",
            "könntest",
            "die",
            "der",
            "das",
            "den",
            "dem",
            "meine",
            "meiner",
            "meinen",
            "meinem",
            "unsere",
            "unserer",
            "mal",
            "noch",
            "hinzu",
            "ab",
            "ein",
            "etwas",
            "mir",
            "uns",
        ]
    ),
    usual=("einkauf",),
    alone=frozenset(),
    endings=phrases("hinzu|ab|bitte|drauf|ein"),
)
COMPLAINTS = Complaints(
    starts=phrases("""
es ist | mir ist | hier ist es | ist es | es wird | hier ist | uns ist | es ist hier | ich finde es
"""),
    middles=frozenset({"ist", "sind"}),
    degrees=frozenset(
        [
            "zu",
            "so",
            "sehr",
            "etwas",
            "ein",
            "bisschen",
            "ziemlich",
            "viel",
            "echt",
            "wirklich",
            "ganz",
            "schön",
            "langsam",
        ]
    ),
    needed=frozenset({"zu", "so", "sehr", "viel", "ziemlich", "echt"}),
    about=by_phrase("""
dark: dunkel | finster | düster
bright: hell | grell
cold: kalt | kühl | frisch | eiskalt
hot: warm | heiß | stickig
loud: laut
quiet: leise
"""),
    silent=frozenset(["der", "die", "das", "in", "dem", "den", "es", "hier", "mir", "an", "auf"]),
    lights="lichter",
)
AGAIN = phrases("""
und | was ist mit | und was ist mit | wie ist es mit | das gleiche in | das gleiche für | dasselbe
in | auch | und auch | und in | das gleiche für die | und wie ist es
""")
LATER = frozenset(
    [
        "morgen",
        "später",
        "heute",
        "wenn",
        "falls",
        "sobald",
        "bis",
        "nachdem",
        "bevor",
        "minute",
        "minuten",
        "stunde",
        "stunden",
        "sekunde",
        "sekunden",
        "uhr",
        "sonnenuntergang",
        "sonnenaufgang",
        "mitternacht",
        "mittag",
        "abend",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
    ]
)
