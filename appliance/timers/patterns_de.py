"""German sentences about timers, as expressions over marked text; see `patterns_en`.

Umlauts are folded ("fuer", "loesche"). Compounds are taken apart where they end: "Nudeltimer" is a timer
called "Nudel".
"""

MACROS = {
    "D": r"§d\d+",
    "T": r"§t\d+",
    "TI": r"§[ti]\d+",
    "DI": r"§[di]\d+",
    "PRE": (
        r"(?:(?:ich|wir|du) "
        r")?(?:stelle?|setze?|starte|mache?|erstelle|richte|gib|brauche|braeuchte|moechte|will|lege?|b"
        r"eginne|programmiere)"
    ),
    "NEW": r"(?:stelle?|setze?|starte|mache?|erstelle?|richte|ich brauche|ich moechte|ich will)",
    "ART": r"(?:(?:ein|eine|einen|noch|den|der|die|meinen|mir|uns|neuen|weiteren|zweiten|bitte) )*",
    "KIND": r"(?P<kind>timers?|weckers?|erinnerung(?:en)?)",
    "NAMED": r"(?:fuer|namens|mit namen|mit dem namen|genannt)(?: die| das| den| der| meine[nm]?)?",
    "THE": (
        r"(?:(?:der|den|dem|die|das|mein|meinen|meinem|meine|meiner|im|beim|zum|vom) "
        r")*(?:(?P<last>letzten?|neuesten?|juengsten?)(?: gestellten)? "
        r")?(?:(?P<next>naechsten?|naechster) )?"
    ),
    "WHO": r"{THE}(?:(?P<start>{D}) |(?P<at>{T}) )?(?:(?P<name>(?!alle )[^§]+?) ?)??{KIND}",
    "WHICH": (
        r"{WHO}(?: (?:(?:fuer|auf|ueber|von|mit) "
        r"(?P<start2>{D})|(?P<at2>{T})|(?:fuer|namens|in|an)(?: der| die| das| den| dem| "
        r"meine[nrm]?)? (?P<name2>[^§]+?)))?"
    ),
    "CANCEL": (
        r"(?:stoppe?|loesche?|beende?|entferne?|storniere|schalte?|mache?|stelle?|brich|breche?|deakti"
        r"viere|vergiss|lass)"
    ),
    "OFF": r"(?: (?:ab|aus|weg))?",
    "R": r"(?:erinnere?|erinner) (?:mich|uns)",
    "DARAN": r"(?:(?:daran|dran|an|dass|ans|an's)(?: dass)? )",
    "WHENS": r"{TI}(?: {TI})?",
}

PATTERNS: tuple[tuple[str, str], ...] = (
    ("lengthen", r"(?:verlaengere?|erhoehe?) {WHO} um (?P<d>{D})"),
    ("lengthen", r"(?:gib|fuege?) {WHO} (?:noch )?(?P<d>{D})(?: dazu| hinzu| mehr)?"),
    ("lengthen", r"(?:fuege?|gib) (?:noch )?(?P<d>{D}) (?:zu |auf )?{WHO}(?: hinzu| dazu)?"),
    ("lengthen", r"(?:noch )?(?P<d>{D}) (?:mehr|laenger|dazu)"),
    ("shorten", r"(?:verkuerze?|reduziere?) {WHO} um (?P<d>{D})"),
    ("shorten", r"(?:ziehe?|nimm) (?P<d>{D}) (?:von )?{WHO}(?: ab| weg)?"),
    ("rename", r"(?:nenne?|benenne?) {WHO} (?:um )?(?:in |jetzt )?(?P<label>[^§]+?)(?: um)?"),
    ("move", r"(?:verschiebe?|verlege?|aendere?) {WHICH} (?:auf )?(?P<t>{TI})(?: um)?"),
    ("cancel_all", r"{CANCEL} alle(?: meine)? {KIND}{OFF}"),
    ("cancel", r"(?:stoppe?|loesche?|beende?|entferne?|storniere|deaktiviere|vergiss) {WHICH}"),
    ("cancel", r"{CANCEL} {WHICH} (?:ab|aus|weg)"),
    ("cancel", r"{WHO} (?:ab|aus|stopp|stoppen|loeschen|abbrechen|beenden|ausschalten|ausmachen)"),
    ("pause", r"(?:pausiere?|halte?) {WHICH}(?: an)?"),
    ("resume", r"(?:setze?|fuehre?) {WHICH} fort"),
    ("resume", r"(?:lass|lasse) {WHICH} (?:weiterlaufen|weiter laufen)"),
    ("snooze", r"(?:schlummern|schlummer|snooze)(?: (?:fuer |noch )?(?P<d>{DI}))?"),
    ("snooze", r"(?:weck|wecke|erinnere?) mich (?:noch ?mal|noch einmal|wieder|nochmals) (?P<d>{DI})"),
    ("snooze", r"lass mich noch (?P<d>{D}) schlafen"),
    (
        "status",
        (
            r"wie (?:viel|viele|lange)(?: zeit| minuten)?(?: ist| sind| habe ich| laeuft| bleibt| "
            r"bleiben| dauert| hat| geht| braucht)?(?: es)?(?: noch)?(?: auf| bei| fuer| bis| mit)? "
            r"{WHICH}(?: noch| uebrig| laeuft| klingelt| fertig| ist)*"
        ),
    ),
    (
        "status",
        (
            r"wie (?:viel|viele|lange)(?: zeit| minuten)?(?: ist| sind| habe ich| bleibt| bleiben| dauert "
            r"es)? noch(?: uebrig)?"
        ),
    ),
    (
        "status",
        (
            r"(?:wann|um wie viel uhr|um wieviel uhr) (?:klingelt|ist|laeuft|endet|kommt|sind|klingeln) "
            r"{WHICH}(?: fertig| ab| zu ende| gestellt| dran)*"
        ),
    ),
    ("status", r"(?:auf )?wann ist {WHICH} gestellt"),
    (
        "status",
        (
            r"(?:welche|zeige?|nenne?|liste?|was fuer)(?: mir)?(?: alle)?(?: meine)? {KIND}(?: "
            r"(?:laufen|sind|habe|ich|es|gibt|gestellt|aktiv|auf))*"
        ),
    ),
    (
        "status",
        (
            r"(?:gibt es|habe ich|ist|sind|laeuft|laufen)(?: noch)?(?: ein| eine| einen| irgendwelche)? "
            r"{KIND}(?: gestellt| aktiv| {T})*"
        ),
    ),
    ("status", r"(?:status|stand) (?:von |des |der )?{WHICH}"),
    ("set reminder", r"{R} (?P<t>{WHENS}) {DARAN}?(?P<text>.+?)(?: (?P<t2>{WHENS}))?"),
    ("set reminder", r"{R} {DARAN}(?P<text>.+?) (?P<t>{WHENS})"),
    ("set reminder", r"{R} {DARAN}(?P<t>{WHENS}) (?P<text>.+?)"),
    ("set reminder", r"(?P<t>{WHENS}) {R} {DARAN}(?P<text>.+?)"),
    (
        "set reminder",
        (
            r"{PRE} {ART}erinnerung (?:fuer |auf )?(?P<t>{WHENS})(?: (?:an|zu|fuer|zum|zur) "
            r")?(?P<text>.+?)?(?: ein| an)?"
        ),
    ),
    ("set reminder", r"{R} (?P<t>{WHENS})(?: daran| dran)?"),
    ("set reminder", r"{R} {DARAN}(?P<text>.+)"),
    ("set reminder", r"{R}"),
    ("set alarm", r"(?:weck|wecke) (?:mich|uns) (?P<t>{TI})(?: (?P<t2>{TI}))?(?: auf)?"),
    ("set alarm", r"(?:mich|uns) (?P<t>{TI})(?: (?P<t2>{TI}))? (?:auf)?wecken"),
    ("set reminder", r"(?:mich|uns) (?P<t>{WHENS}) {DARAN}(?P<text>.+?) (?:zu )?erinnern"),
    ("set alarm", r"(?P<t>{TI}) (?:weck|wecke) (?:mich|uns)"),
    ("set alarm", r"(?:weck|wecke) (?:mich|uns)"),
    (
        "set alarm",
        (
            r"(?:{PRE} )?{ART}(?:(?P<label>[^§]+?) ?)??wecker (?:(?:auf|fuer|von) )?(?P<t>{TI}|{D})(?: "
            r"{NAMED} (?P<label2>[^§]+?))?(?: ein| an)?"
        ),
    ),
    ("set alarm", r"(?:{PRE} )?{ART}(?P<t>{TI}) {ART}wecker(?: {NAMED} (?P<label2>[^§]+?))?(?: ein| an)?"),
    ("set alarm", r"{PRE} {ART}wecker(?: ein| an)?"),
    (
        "set timer",
        (
            r"(?:{PRE} )?{ART}(?:(?P<label>[^§]+?) ?)??timer (?:(?:auf|fuer|von|mit|ueber|an) "
            r")?(?P<d>{DI})(?: {NAMED} (?P<label2>[^§]+?))?(?: ein| an)?"
        ),
    ),
    (
        "set timer",
        (
            r"(?:{PRE} )?{ART}(?P<d>{D}) (?:(?P<label>[^§]+?) ?)??timer(?: {NAMED} "
            r"(?P<label2>[^§]+?))?(?: ein| an)?"
        ),
    ),
    (
        "set timer",
        r"(?:{PRE} )?{ART}(?:auf )?(?P<d>{D}) {ART}timer(?: {NAMED} (?P<label2>[^§]+?))?(?: ein| an)?",
    ),
    (
        "set timer",
        (
            r"(?:{PRE} )?{ART}timer {NAMED} (?P<label>[^§]+?) (?:(?:auf|fuer|von|mit) )?(?P<d>{DI})(?: "
            r"ein| an)?"
        ),
    ),
    (
        "set timer",
        r"{NEW} {ART}(?:(?P<label>[^§]+?) ?)??timer(?: {NAMED} (?P<label2>[^§]+?))?(?: ein| an)?",
    ),
)

ONE_OF = (
    r"(?:der |den |die |das |mein |meinen "
    r")?(?:(?P<last>letzten?|neuesten?)|(?P<start>{D})|(?P<at>{T})|(?:fuer |mit |auf )?(?:die "
    r"|das |den )?(?P<name>[^§]+?))(?: ?(?:timer|wecker|erinnerung))?"
)
