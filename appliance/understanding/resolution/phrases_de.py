"""What German phrases do in a sentence: a line is a kind, perhaps a value, and phrases. Data."""

PHRASES = """
filler: bitte | mal | doch | jetzt | sofort | kannst du | könntest du | kannst du bitte | würdest du |
    ich möchte dass du | hey | hallo | ok | okay | gleich | einmal | eben | kurz | danke | für mich |
    wieder | ganz | komplett | vollständig | ich möchte | ich will | ich hätte gern | ich hätte gerne |
    bring | sei so nett und | gerade | auch | noch | dann | so | los | computer | modus | stufe | es |
    uns | mir | lass | geräte | gerät | nur | schnell | du | haben | gerne | gern | können wir | kann
    man | soll | soll bitte
article: der | die | das | den | dem | des | ein | eine | einen | einem | einer | mein | meine | meinen
    | meinem | meiner | unser | unsere | unseren | dieses | diese | diesen | diesem
prep: in | an | auf | von | zu | bei | mit | für | unter | über | neben | um | innerhalb | hinter | vor
    | welche | befindlichen | bis | drinnen | wert
and: und | und dann | danach | sowie | und auch | außerdem | anschließend
all: alle | alles | jede | jedes | jeden | sämtliche | allen | aller | überall alle | gesamte | ganze
both: beide | die beiden | beiden
except: außer | bis auf | ausgenommen | aber nicht | ohne | mit ausnahme von | mit ausnahme
not: nicht | nie | niemals | kein | keine | keinesfalls
here: hier | hier drin | hier drinnen | in diesem raum | in diesem zimmer | in dem raum | in dem zimmer
here house: überall | in dem haus | in dem ganzen haus | in der wohnung | in der ganzen wohnung | zu
    hause | daheim
pronoun: sie | ihn | ihm | dasselbe | diese da | es selbst
verb turn: schalte | schalt | mache | mach | knips | knipse | dreh | drehe | schalten | machen | drehen
    | tu | tue
verb on: einschalten | anschalten | anmachen | aktiviere | aktivieren | einzuschalten | anzumachen |
    anknipsen | anzuschalten | erleuchte | beleuchte | zünde an | eingeschaltet | angeschaltet
verb off: ausschalten | abschalten | ausmachen | deaktiviere | deaktivieren | auszuschalten |
    auszumachen | ausknipsen | abzuschalten | ausgeschaltet | abdrehen
verb toggle: umschalten | schalte um
verb set: stelle | stell | setze | setz | ändere | stellen | setzen | einstellen | regle | regeln |
    regel | wechsle | wechsel | ändern | bringe | nimm | färbe | passe | einzustellen
verb open: öffne | öffnen | aufmachen | zu öffnen | aufzumachen
verb close: schließe | schließen | schliesse | schliessen | zumachen | zuzumachen | schließ
verb drive: fahre | fahr | fahren | zieh | ziehe | ziehen | lasse
verb raise: hochfahren | hochziehen | anheben | hebe | hochzufahren | rauffahren | auffahren
verb lower: runterfahren | herunterfahren | herunterlassen | runterlassen | absenken | senke | zuziehen
    | runterziehen | herunterzufahren | senken | runterzufahren
verb lock: verriegle | verriegeln | zusperren | abschließen | absperren | abzuschließen | verschließe |
    verschließen | sperr | sperre
verb unlock: entriegle | entriegeln | aufsperren | aufschließen | entsperre | entsperren |
    aufzuschließen
verb dim: dimme | dimmen | dimm | abdunkeln | verdunkle | herunterdimmen | runterdimmen
verb brighten: erhelle | aufhellen | hochdimmen
verb more: erhöhe | erhöhen | steigere | steigern | vergrößere | verstärke | aufdrehen
verb less: reduziere | reduzieren | verringere | verringern | vermindere | runterdrehen | herunterdrehen
verb start: starte | starten | beginne | beginnen | führe aus | führe | ausführen | loslegen
verb stop: stoppe | stopp | stop | stoppen | halte | anhalten | beende | beenden
verb pause: pausiere | pausieren | unterbrich | unterbrechen | pause
verb play: spiele | spiel | spielen | abspielen | weiterspielen | fortsetzen | setze fort | spiele
    weiter | spiel weiter | weiter abspielen
verb next: nächster | nächstes | nächste | nächsten | überspringe | überspringen | weiter | spiele das
    nächste | spiel das nächste | spiele den nächsten | spiel den nächsten
verb previous: vorheriger | vorheriges | vorherige | vorherigen | spiele das vorherige | spiele den
    vorherigen | letztes | letzter | spiel das vorherige | spiel den vorherigen
verb mute: stummschalten | stumm schalten | schalte stumm | stumm
verb unmute: ton wieder an
verb dock: schicke | schick | sende | schicken
verb locate: finde | suche | lokalisiere
verb clean: sauge | saugen | staubsaugen | reinige | putze | putzen | saug | sauberzumachen
verb mow: mähe | mähen | mäh
verb activate: aktiviere die szene | rufe auf | rufe
verb press: drücke | drück | drücken | betätige
verb disarm: entschärfe | entschärfen
verb heat: heize | heizen | heiz | erwärme
verb cool: kühle | kühlen | kühl
verb select: wähle | wählen
particle on: an | ein | eingeschaltet | angeschaltet
particle off: aus | ausgeschaltet
particle up: hoch | rauf | herauf | höher | hinauf
particle down: runter | herunter | niedriger | hinunter
particle open: auf | offen
particle closed: zu | geschlossen
particle locked: ab | abgeschlossen | zugesperrt
particle back: zurück | nach hause | zur station | zu der station | zur basis | zu der basis | zur
    ladestation | zu der ladestation | zurück zur station | zurück zu der station | zurück zur basis |
    in die station | zurück zu der basis | zurück zu der ladestation | heim
particle armed: scharf
particle disarmed: unscharf
about brightness: helligkeit
about volume: lautstärke
about temperature: temperatur | solltemperatur | zieltemperatur
about humidity: luftfeuchtigkeit | feuchtigkeit | luftfeuchte
about speed: geschwindigkeit | drehzahl
about position: position
about color: farbe
about color_temp: farbtemperatur
about source: quelle | eingang | sender
about track: titel | lied | song | stück
level half: halb | hälfte | zur hälfte | zu der hälfte
level max: maximum | voll | volle helligkeit | maximale helligkeit | volle lautstärke | maximal |
    höchste stufe
level min: minimum | minimal | niedrigste stufe
level low: niedrig | langsam | niedrige stufe
level medium: mittel | mittlere stufe
level high: schnell | hohe stufe
color red: rot | rotes
color green: grün | grünes
color blue: blau | blaues
color white: weiß | weiss | weißes
color yellow: gelb | gelbes
color orange: orange
color purple: lila | violett
color pink: rosa | pink
color brown: braun
color turquoise: türkis
level warmwhite: warmweiß | warmes weiß | warm weiß | warmweiss
level coolwhite: kaltweiß | kaltes weiß | tageslicht | kaltweiss
level neutralwhite: neutralweiß
mode heat: heizen | heizmodus
mode cool: kühlen | kühlmodus
mode auto: automatik | automatisch | auto
mode dry: trocknen | entfeuchten
mode fan_only: lüften | nur lüfter
mode eco: eco | sparmodus
mode away: abwesend | abwesenheit
mode home: anwesend
mode night: nacht | nachtmodus
mode sleep: schlafmodus
more +: mehr
more -: weniger
more brightness+: heller | mehr licht
more brightness-: dunkler | weniger licht
more volume+: lauter
more volume-: leiser
more temperature+: wärmer
more temperature-: kälter | kühler
more speed+: schneller
more speed-: langsamer
amount small: etwas | ein bisschen | bisschen | ein wenig | wenig | leicht
amount large: viel | deutlich | stark
"""
