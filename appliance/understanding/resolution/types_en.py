"""Kinds of things in English: key, domains and classes by level, phrases (`lexicon.types`). Data."""

TYPES = """
light = light: light | light switch | lighting | illumination
~lamp = light: lamp | bulb | light bulb | lantern | chandelier | sconce | spotlight | spot | downlight |
    light fixture
~strip = light: strip | led strip | light strip | led | string light | fairy light | night light |
    ceiling light
fan = fan: fan | ventilator | exhaust fan | extractor fan | ceiling fan | extractor | vent
switch = switch input_boolean: switch
plug = switch:outlet: plug | outlet | socket | smart plug | power outlet | power socket | power plug
blind = cover:blind > cover:shade,shutter,curtain,awning,none: blind | venetian blind | roller blind
shade = cover:shade > cover:blind,shutter,curtain,none: shade | roller shade | window shade
curtain = cover:curtain > cover:blind,shade,none: curtain | drape | drapery
shutter = cover:shutter > cover:blind,shade,none: shutter | roller shutter
awning = cover:awning > cover:none: awning | canopy | marquise | sunshade
cover = cover:blind,shade,shutter,curtain,awning,none: cover | window covering | covering
garage = cover:garage binary_sensor:garage_door > cover:door binary_sensor:door: garage door | garage
gate = cover:gate > cover:garage: gate | driveway gate
window = cover:window binary_sensor:window > binary_sensor:opening: window
door = cover:door,garage lock binary_sensor:door,opening,garage_door,lock: door
lock = lock binary_sensor:lock: lock | deadbolt | door lock | smart lock
~thermostat = climate: thermostat | climate | climate control | hvac | room temperature control
~heater = climate:heats,heats_cools,none > climate water_heater: heating | heat | heater | radiator |
    furnace | central heating | heat pump
~ac = climate:cools,heats_cools,none > climate: ac | air conditioner | air conditioning | air con |
    cooling | a c | ac unit
boiler = water_heater: water heater | boiler | hot water
~tv = media_player:tv: tv | smart tv | tv set | screen
~speaker = media_player:speaker > media_player:receiver,none: speaker | smart speaker | loudspeaker
~stereo = media_player:receiver,speaker > media_player:none: stereo | receiver | sound system | hifi |
    soundbar | amp
music = media_player:speaker,receiver,none > media_player: music | audio | sound | radio | tune |
    playlist | podcast | track | song | album
player = media_player: player | media player | media | playback | movie | film | video | show |
    entertainment | album | it playing
vacuum = vacuum: vacuum | robot vacuum | vacuum cleaner | robot | hoover | robot cleaner | robovac |
    vacuum robot | cleaner | cleaning | vacuuming
mower = lawn_mower: mower | lawn mower | lawnmower | robot mower | mowing | mowing robot | lawn | grass
valve = valve: valve | tap | faucet | sprinkler | irrigation | sprinkler system
~water = valve: water valve | water | gas valve | gas | watering
humidifier = humidifier:humidifier,none > humidifier: humidifier
dehumidifier = humidifier:dehumidifier > humidifier: dehumidifier
siren = siren: siren
alarm = alarm_control_panel: alarm | alarm system | security system | security | burglar alarm | house
    alarm | security alarm
scene = scene: scene
script = script: script | routine
automation = automation: automation
button = button input_button: button
camera = camera: camera
todo = todo: list | to do list | todo list | to do | todo
person = person device_tracker: person | people
number = number input_number: number
motion = binary_sensor:motion,occupancy,presence: motion sensor | motion detector | presence sensor |
    occupancy sensor | motion | movement | presence | occupancy
smoke = binary_sensor:smoke: smoke detector | smoke alarm | smoke sensor | smoke
leak = binary_sensor:moisture: leak sensor | water leak | leak | water sensor | leak detector | moisture
    sensor | flood sensor
doorsensor = binary_sensor:door,opening,garage_door: door sensor | contact sensor | door contact
windowsensor = binary_sensor:window: window sensor | window contact
doorbell = binary_sensor:occupancy event: doorbell
sensor = sensor binary_sensor: sensor | detector | reading
"""
