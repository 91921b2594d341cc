"""Words of homes, for training only: the product hears what its home is called, whatever that is."""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


PLACES = _lines("""
    kitchen, office, bedroom, bathroom, living room, garage, hallway, dining room, basement, attic,
    garden, nursery, guest room, kids room, study, laundry room, patio, porch, balcony, entrance,
    upstairs, downstairs, den, cellar, master bedroom, utility room, workshop, pantry, closet,
    driveway, backyard, terrace, library, play room, shed, hall, conservatory, toilet, gym, lounge,
    landing, first floor, ground floor, second floor, cloakroom, sun room
""")
OWNERS = _lines("""
    my, our, the kids, mom's, dad's, anna's, peter's, john's, emma's, oliver's, sophie's, max's,
    lisa's, tom's, grandma's, charlie's, ben's, mary's, paul's, laura's, the guest, the small,
    the big, the old, the new
""")
KINDS = _lines("""
    light, lights, lamp, lamps, fan, switch, plug, socket, blind, blinds, curtain, curtains, shade,
    shades, shutter, shutters, window, windows, door, lock, heater, heating, thermostat, radiator,
    tv, television, speaker, radio, sensor, camera, vacuum, spotlight, ceiling light, ceiling fan,
    floor lamp, table lamp, desk lamp, bulb, outlet, air conditioner, humidifier, dehumidifier,
    air purifier, strip, chandelier, garage door, gate, awning, sprinkler, valve, pump, siren,
    alarm, motion sensor, temperature, humidity, battery, power strip, string lights
""")
DEVICES = _lines("""
    tv, fan, lamp, heater, radio, standing light, bed light, coffee maker, desk lamp, front door,
    back door, sliding door, garage door, washing machine, dishwasher, dryer, oven, kettle,
    christmas tree, fairy lights, night light, reading lamp, vacuum cleaner, robot, toaster,
    printer, computer, router, doorbell, water heater, boiler, freezer, fridge, fish tank,
    aquarium, hot tub, pool pump, irrigation, mood light, floor lamp, bedside lamp,
    ceiling rose light, side door, main light, spot lights, sofa lamp, corner lamp, hall light,
    big lamp, small lamp, projector, amplifier, play station, xbox, sonos, hue lamp, lava lamp,
    skylight, roof window, cat flap, letterbox, electric blanket, towel rail, extractor fan,
    kitchen counter lights, cabinet lights, outdoor lights, path lights, flood light,
    weather station, solar panels, car charger
""")
COLORS = _lines("""
    red, green, blue, white, yellow, orange, purple, pink, warm white, cold white, turquoise,
    violet, brown, cyan, magenta, gold, teal, lavender, lime, black, gray, silver, indigo
""")
UNITS = ("second", "minute", "hour")
LISTED = _lines("""
    milk, bread, eggs, cheese, butter, coffee, tea, water, apples, bananas, chicken, rice, pasta,
    tomatoes, onions, potatoes, orange juice, toilet paper, dish soap, batteries, sugar, salt,
    flour, yogurt, carrots, lettuce, chocolate, cereal, beer, wine, ice cream, dog food, cat food,
    light bulbs, laundry detergent, tooth paste, shampoo
""")
PATTERNS = _lines("""
    turn on the <name>, turn off the <name>, turn the <name> on, turn the <name> off,
    turn on <name>, turn off <name>, switch on the <name>, switch off the <name>,
    switch the <name> on, switch the <name> off, switch <name> off, turn <name> off,
    turn <name> on, put the <name> on, activate the <name>, deactivate <name>, toggle the <name>,
    turn on the <kind> in the <place>, turn off the <kind> in the <place>,
    turn the <kind> in the <place> on, turn on the lights, turn off the lights,
    turn the lights off in here, turn off all the lights, turn off all of the <place> lights,
    turn on all lights in the <place>, turn off everything, turn off the <place> lights,
    turn on the <place> lights, lights on, lights off, turn on the <name> in the <place>,
    turn off the <name> in the <place>, turn the <name> off in the <place>,
    switch off all the lights, turn the lights on in the <place>, turn off the lights upstairs,
    turn on all the <kind>, turn off the <name> and the <name>,
    turn on the <name> and turn off the <name>, turn off all lights except the <name>,
    set <name> brightness to <percent> percent, set the <name> to <percent> percent,
    set the brightness of the <name> to <percent> percent, dim the <name> to <percent> percent,
    brighten the <name>, dim the lights, set the <place> lights to <percent> percent,
    make the <place> brighter, make it darker, set <place> brightness to <percent>,
    increase the brightness of the <name> by <percent> percent, set the <name> to <color>,
    set color of the <place> lights to <color>, set lights to <color>, make the <name> <color>,
    change the color of <name> to <color>, turn the <place> lights <color>,
    set <name> color to <color>, open the <name>, close the <name>, open the <kind> in the <place>,
    close the <kind> in the <place>, close all the blinds, raise the <name>, lower the <name>,
    open <name> to <percent> percent, set the <name> position to <percent> percent,
    close all curtains, lock the <name>, unlock the <name>, lock all the doors, stop the <name>,
    is the <name> locked, open the <place> curtains, set the temperature to <number> degrees,
    set the <place> temperature to <number> degrees, set the thermostat to <number>,
    set temperature to <number> degrees in the <place>, turn the heating up, make it warmer,
    set the <name> to <number> degrees, it is too cold in the <place>, it's too hot in here,
    turn down the heating in the <place>, what is the temperature, what's the temperature,
    what is the temperature in the <place>, what's the <place> temperature,
    how warm is it in the <place>, how hot is it outside, what's the <place> temp,
    how cold is the <place>, what is the humidity in the <place>, what's the weather,
    what is the weather, what's the weather like today, what is the weather in <place>,
    will it rain tomorrow, is the <name> on, is the <name> off, is the <name> open,
    is the <name> closed, are the lights on in the <place>, are any windows open,
    which lights are on, which windows are open, how many lights are on, is any door open,
    what is the state of the <name>, where is anna, is anyone home,
    what is the battery level of the <name>, how much power does the <name> use,
    are all the doors locked, set a timer for <duration>, create a timer for <duration>,
    start a timer for <duration>, start a <duration> timer, <duration> timer,
    set a <listed> timer for <duration>, cancel the timer, cancel my timer, stop my timer,
    pause the timer, resume the timer, how much time is left, how much time is left on my timer,
    status of the timers, cancel all timers, add <duration> to my timer,
    take <duration> off the timer, stop the <listed> timer, remind me in <duration>,
    wake me up at <time>, set an alarm for <time>, turn off the <name> in <duration>,
    turn on the <name> at <time>, open the <name> in <duration>, in <duration> turn off the <name>,
    what time is it, what's the time, what day is it, what's the date, what is today's date,
    add <listed> to my shopping list, put <listed> on the shopping list, add <listed> to the list,
    remove <listed> from my list, i need <listed>, we need <listed>, what is on my shopping list,
    complete <listed>, check off <listed>, play music, play the music, pause, pause the music,
    stop the music, resume, skip this song, next song, next track, previous track, skip, volume up,
    volume down, turn the volume up, turn the volume down, set the volume to <percent> percent,
    mute, unmute, set volume to <percent>, louder, quieter, turn it up, turn it down,
    set <name> volume to <percent> percent, pause the <name>, play the next song in the <place>,
    run the <name> script, run party time script, run <name>, activate movie night scene,
    start the good night scene, activate the <name> scene, start the vacuum, vacuum the <place>,
    return the vacuum to its dock, clean the <place>, send the robot home, good morning,
    good night, hello, thank you, thanks, yes, no, yes please, no thanks, cancel, stop, never mind,
    help, okay, repeat that, what did you say, broadcast dinner is ready,
    announce <listed> is here, say that again, undo that, do it again, all of them, the first one,
    the second one, the <place>, the <name>, <name>, in the <place>, <number>, <number> percent,
    <number> degrees, <time>, <color>
""")
SMALL_TALK = _lines("""
    i would like a large coffee with two sugars, can you pass me the salt please,
    what are we having for dinner, i think it is going to rain, did you see the game last night,
    the kids are already in bed, she said she would call tomorrow, where did you put my keys,
    let's watch a movie tonight, i have to go to work early, the meeting starts at nine,
    that was a really good book, how was your day at school, the train was late again,
    we should paint the fence, my brother lives in boston, he bought a new car last week,
    do you want some more tea, please close your eyes, the quick brown fox jumps over the lazy dog,
    nobody knows what happened there, this is the evening news,
    the president spoke about the economy, share prices fell sharply on monday,
    and now for the weather forecast, the ship was driven onto the rocks,
    young children should avoid exposure to contagious diseases,
    a large size in stockings is hard to sell, the boy was there when the sun rose,
    a rod is used to catch pink salmon, help the woman get back to her feet,
    a pot of tea helps to pass the evening, smoky fires lack flame and heat,
    the soft cushion broke the man's fall, the salt breeze came across from the sea,
    the girl at the booth sold fifty bonds, he carved a head from the round block of marble,
    the fruit peel was cut in thick slices, put the butcher block table there,
    oh that is very nice of you, well i don't know about that, sure no problem, see you later,
    what a lovely surprise
""")
ODD_WORDS = _lines("""
    television, thermometer, measure, pleasure, vision, usual, garage, beige, treasure, decision,
    toy, boy, noise, voice, choice, join, oil, boil, point, enjoy, thought, thing, thumb, three,
    thick, bath, mouth, month, this, that, those, mother, father, weather, leather, breathe, huge,
    human, young, yellow, year, you, use, church, chair, watch, kitchen, bridge, judge, orange,
    book, look, cook, good, wood, pull, push, full, could, would, should, house, mouse, out, cloud,
    down
""")
