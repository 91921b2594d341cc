"""What English phrases do in a sentence: a line is a kind, perhaps a value, and phrases. Data."""

PHRASES = """
filler: please | kindly | just | now | right now | immediately | hey | hi | hello | ok | okay | can you
    | could you | would you | will you | can we | could we | can i | may i | could i | can you please |
    i want you to | i would like you to | i want to | i would like to | i would like | i want | i need
    you to | i need to | i need | we need to | let us | go ahead and | for me | for us | would you mind
    | do me a favor and | make sure | make sure that | be sure to | thanks | thank you | if you can | if
    you could | if possible | if you would | would you please | could you please | um | uh | er | well |
    actually | quickly | as well | too | again | completely | entirely | all the way | fully | currently
    | at the moment | tell | ask | order | command | instruct | help me | you | sure | yes | yeah |
    alright | all right | so | computer | assistant | try to | have | got to | it is time to | time to |
    mode | setting | settings | state | only | instead | already | is it possible to | are you able to |
    i would love it if you could | would it be possible to | how about | be so kind as to | should be |
    to be | could | be | there
article: the | a | an | my | our | your | that | this | these | those | their | his | her | some | any |
    one of the
prep: in | on | at | of | to | for | with | from | inside | into | onto | by | near | over | above |
    below | under | beside | behind | next to | beneath | within | located | which | that is | that are
    | which is | which are | as | using | via | be | being | it to be | them to be | level | value |
    device | devices | out in | over in | belonging to
and: and | then | and then | also | and also | as well as | plus | after that | along with | together
    with
all: all | all of | every | each | everything | every single | all the | the whole | entire | whole |
    every one of | throughout
both: both | both of
except: except | except for | but not | apart from | other than | excluding | besides | aside from |
    with the exception of | all but | but | not including | minus | leaving out | without
not: not | never | do not | no longer | stop from | avoid | refrain from | do not you
here: here | in here | in this room | this room | around here | the room | this place | over here | the
    room here
here house: everywhere | in the house | in the whole house | whole house | the house | house | home | in
    the home | in the entire house | around the house | throughout the house | in every room | anywhere
    | in my home | in the apartment | at home | all over the house
pronoun: it | them | they | that one | those ones | the same | the same one | these ones | this one
verb turn: turned | switched | turn | switch | flip | flick | turning | switching | kick
verb power: power | shut
verb put: put | get
verb set: set | change | adjust | make | bring | move | leave | keep | modify | let | configure |
    setting | take
verb off: kill | deactivate | disable | extinguish | douse | shut off | switch off | power down | cut |
    shut down
verb on: give me | enable | illuminate | light up | light | power up | lighten up | engage
verb toggle: toggle
verb open: open | pull up | roll up | uncover | draw back | open up | unfurl | extend | slide open |
    pull open
verb close: close | pull down | roll down | draw | close up | roll in | retract | pull shut | pull
    closed | slam
verb raise: raise | lift | hoist
verb lower: lower
verb pull: pull | roll | slide | drop
verb lock: lock | bolt | secure | latch | lock up
verb unlock: unlock | unbolt | unlatch
verb dim: dim
verb brighten: brighten | lighten
verb more: increase | boost | step up | crank up | amp up | bump up | up | bump | crank
verb less: decrease | reduce | step down | cut down | diminish | bring down
verb start: start | begin | launch | run | start up | fire up | kick off | commence | get going | boot
    up | initiate
verb stop: stop | stop playing | halt | end | quit | cease | abort | cancel
verb pause: pause | hold | freeze
verb play: play | start playing | begin playing | resume | unpause | continue | keep playing | carry on
    | un pause | restart
verb next: next | skip | skip to | skip ahead | skip to the next | go to the next | play the next | next
    up | advance | fast forward to the next | jump to the next | move to the next
verb previous: previous | play the previous | go back to the previous | go to the previous | rewind to
    the previous | skip back | skip to the previous | play the last | go back to the last | back to the
    previous | return to the previous | go back one | skip back to the previous | go back a | go back
    one | jump back to the previous
verb mute: mute | silence | hush
verb unmute: unmute | un mute
verb dock: dock | recall | park | return
verb go: send | go | go back | come | come back | bring back | send back | take | get back | charge |
    head back | go to | drive
verb locate: locate | find | look for
verb clean: clean | vacuum | sweep | hoover | mop | clean up | start vacuuming | start cleaning | do the
    vacuuming | vacuuming | cleaning | begin cleaning | begin vacuuming | vacuum up
verb mow: mow | start mowing | cut the grass | begin mowing
verb activate: activate | trigger | apply | execute | enter | initialize
verb press: press | push | hit | tap | click
verb arm: arm
verb disarm: disarm
verb heat: heat | warm | heat up | warm up
verb cool: cool | cool down | chill | cool off
verb tilt: tilt | angle
verb select: select | choose | pick | tune | switch to | change to
verb oscillate: oscillate
particle on: on
particle off: off | out
particle up: up
particle down: down
particle open: open | opened
particle closed: closed | shut | close
particle locked: locked
particle unlocked: unlocked
particle back: back | back to base | to base | to the base | to its base | to the dock | to its dock |
    to the charger | to its charger | to charge | to recharge | charging | to the charging station | to
    its charging station | back to the base | back to its base | back to the dock | back to dock | to
    dock | back to its dock | back to the charger | back home | back to charge | home | to the docking
    station | to its docking station | back to its charging station | back to the charging station |
    dock | base | recharging | back to base station | to the base station | back to the base station
particle muted: on mute
about brightness: brightness | bright | brightness level | intensity | dimness | light level
about volume: volume | loudness | volume level | sound level | audio level
about temperature: temperature | temp | thermostat temperature | target temperature | set point |
    setpoint
about humidity: humidity | humidity level | target humidity
about speed: speed | fan speed | percentage
about position: position
about tilt: tilt | tilt position | slats | slat
about color: color | hue
about color_temp: color temperature | white temperature | color temp
about source: source | input | channel | input source
about mode: hvac mode | operation mode | mode of operation
about track: track | song | tune | episode | chapter | tracks | songs | one track | one song
about swing: swing | oscillation | oscillating
about shuffle: shuffle | shuffling
level half: half | halfway | half way | half open | half closed | midway | half brightness | half speed
level quarter: a quarter | quarter
level threequarter: three quarters
level max: max | maximum | full | full brightness | full volume | maximum brightness | the max | the
    maximum | highest | brightest | full blast | full power | full speed | all the way up | the
    brightest | the highest | as bright as possible | maximum volume | maximum speed | top speed
level min: min | minimum | lowest | minimum brightness | the minimum | dimmest | the lowest | as dim as
    possible | all the way down | the dimmest | faintest
level low: low | slow
level medium: medium | mid | middle
level high: high | fast
color red: red
color green: green
color lime: lime
color blue: blue
color white: white
color yellow: yellow
color orange: orange
color purple: purple
color pink: pink
color brown: brown
color turquoise: turquoise
color cyan: cyan
color magenta: magenta
color violet: violet
color gold: gold
color teal: teal
color indigo: indigo
color lavender: lavender
color beige: beige
color navy: navy
color maroon: maroon
color crimson: crimson
level warmwhite: warm white | soft white | warm light | warm
level coolwhite: cool white | cold white | daylight | cool light | cold light
level neutralwhite: neutral white | natural white | neutral
mode heat: heat | heating | heating mode | heat mode
mode cool: cool | cooling | cooling mode | cool mode | ac mode
mode auto: auto | automatic | auto mode | automatic mode
mode heat_cool: heat cool | heat and cool
mode dry: dry | dry mode | drying | dehumidify
mode fan_only: fan only | fan only mode | fan mode | ventilation | ventilate
mode eco: eco | eco mode | economy | energy saving
mode away: away | away mode | armed away | leaving
mode home: home mode | stay | stay mode | armed home | home
mode night: night | night mode | armed night
mode vacation: vacation | vacation mode | holiday | holiday mode
mode sleep: sleep | sleep mode
mode boost: boost | boost mode | turbo
mode comfort: comfort | comfort mode
more +: higher | more | an increase of
more -: less
more brightness+: brighter | lighter | more light | less dark | less dim
more brightness-: dimmer | darker | less bright | less light
more volume+: louder | more volume
more volume-: quieter | softer | less loud | more quiet | less volume | less noisy
more temperature+: warmer | hotter | less cold | less cool
more temperature-: cooler | colder | less hot | less warm
more speed+: faster | quicker
more speed-: slower
amount small: a bit | a little | a little bit | slightly | a touch | a tad | somewhat | a notch | gently
    | little | bit
amount large: a lot | much | significantly | considerably | way | substantially | lots
"""
