"""Kinds of things in German: key, domains and classes by level, phrases (`lexicon.types`). Data."""

TYPES = """
light = light: licht | lichter | beleuchtung | leuchte | leuchten
~lamp = light: lampe | lampen | birne | strahler | leuchter | spot | spots | laterne | lichterkette |
    deckenlicht | led
fan = fan: ventilator | ventilatoren | lüfter | deckenventilator | abluft
switch = switch input_boolean: schalter
plug = switch:outlet: steckdose | steckdosen | stecker
blind = cover:blind > cover:shade,shutter,curtain,awning,none: jalousie | jalousien | raffstore |
    raffstores
shutter = cover:shutter > cover:blind,shade,none: rollladen | rollläden | rolladen | rolläden | rollo |
    rollos | laden | läden
curtain = cover:curtain > cover:blind,shade,none: vorhang | vorhänge | gardine | gardinen
awning = cover:awning > cover:none: markise | markisen | sonnensegel
garage = cover:garage binary_sensor:garage_door > cover:door: garagentor | garage | garagentür
gate = cover:gate > cover:garage: tor | einfahrtstor | hoftor
window = cover:window binary_sensor:window > binary_sensor:opening: fenster
door = cover:door,garage lock binary_sensor:door,opening,garage_door,lock: tür | türen
lock = lock binary_sensor:lock: schloss | schlösser | türschloss
~thermostat = climate: thermostat | thermostate | klima | raumregler
~heater = climate:heats,heats_cools,none > climate water_heater: heizung | heizungen | heizkörper |
    fußbodenheizung
~ac = climate:cools,heats_cools,none > climate: klimaanlage | klimagerät
boiler = water_heater: boiler | warmwasser | warmwasserspeicher
~tv = media_player:tv: fernseher | tv | fernsehgerät | glotze
~speaker = media_player:speaker > media_player:receiver,none: lautsprecher | box | boxen
~stereo = media_player:receiver,speaker > media_player:none: anlage | stereoanlage | verstärker |
    musikanlage
music = media_player:speaker,receiver,none > media_player: musik | radio | lied | titel | ton | podcast
    | song
player = media_player: wiedergabe | film | video | player | mediaplayer
vacuum = vacuum: staubsauger | saugroboter | roboter | sauger | staubsaugerroboter
mower = lawn_mower: mäher | rasenmäher | mähroboter | rasen
valve = valve: ventil | ventile | wasser | hahn | wasserhahn | bewässerung | sprenger | rasensprenger
humidifier = humidifier: luftbefeuchter | befeuchter
dehumidifier = humidifier:dehumidifier > humidifier: luftentfeuchter | entfeuchter
siren = siren: sirene
alarm = alarm_control_panel: alarmanlage | alarm
scene = scene: szene | szenen
script = script: skript | routine | ablauf
automation = automation: automation | automatisierung
button = button input_button: taste | knopf | taster
camera = camera: kamera | kameras
todo = todo: liste | aufgabenliste | einkaufsliste | to do liste
person = person device_tracker: person | personen
motion = binary_sensor:motion,occupancy,presence: bewegungsmelder | bewegung | präsenzmelder
smoke = binary_sensor:smoke: rauchmelder | rauch
leak = binary_sensor:moisture: wassermelder | leck
sensor = sensor binary_sensor: sensor | sensoren | melder | fühler
"""
