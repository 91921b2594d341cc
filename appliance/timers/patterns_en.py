"""English sentences about timers, as expressions over marked text.

Before they are tried, lengths, times from now and times of day have become §d0, §i0 and §t0 with the words
that lead to them ("at seven", "every weekday at 7", "in ten minutes"; "for" stays before a length). Words in
braces are macros. Groups: `d` a length, `t` a time or a time from now, `start` and `at` which timer is meant
by its length or time, `name`, `last`, `next`, `kind`, `label`, `text`.
"""

MACROS = {
    "D": r"§d\d+",
    "T": r"§t\d+",
    "TI": r"§[ti]\d+",
    "DI": r"§[di]\d+",
    "PRE": (
        r"(?:(?:i|we|let us|would|like|to|need|want|have) )*(?:set "
        r"up|set|start|create|make|add|begin|put on|put|give|need|want|get|have|like|schedule|run)"
    ),
    "NEW": r"(?:(?:i|we|let us|would|like|to|need|want) )*(?:set up|set|start|create|make|begin|need|want)",
    "ART": r"(?:(?:a|an|another|the|my|our|me|us|new|second) )*",
    "KIND": r"(?P<kind>timers?|alarms?(?: clocks?)?|reminders?)",
    "NAMED": r"(?:for|called|named|labelled|labeled)(?: the| my| our| some)?",
    "THE": (
        r"(?:(?:the|my|our|that|this) )*(?:(?P<last>last|latest|newest|most recent) (?:set "
        r")?)?(?:(?P<next>next|upcoming) )?"
    ),
    "WHO": r"{THE}(?:(?P<start>{D}) |(?P<at>{T}) )?(?:(?P<name>(?!all |every )[^§]+?) )?{KIND}",
    "WHICH": (
        r"{WHO}(?: (?:(?:for|of) (?P<start2>{D})|(?P<at2>{T})|(?:for|called|named|of|to|about|in)(?: "
        r"the| my| our)? (?P<name2>[^§]+)))?"
    ),
    "CANCEL": (
        r"(?:cancel|stop|delete|remove|clear|turn off|switch "
        r"off|kill|end|dismiss|silence|disable|abort|forget about|forget|get rid of)"
    ),
    "R": r"(?:{PRE} {ART}reminder|remind (?:me|us)|reminder)",
    "WHENS": r"{TI}(?: {TI})?",
}

PATTERNS: tuple[tuple[str, str], ...] = (
    ("lengthen", r"(?:add|put)(?: another)? (?P<d>{D})(?: more)? (?:to|on|onto) {WHICH}"),
    ("lengthen", r"(?:increase|extend|lengthen|prolong) {WHO} (?:by|for) (?P<d>{D})"),
    ("lengthen", r"(?:add|extend it by|extend by)(?: another)? (?P<d>{D})(?: more)?"),
    ("lengthen", r"give {WHO} (?P<d>{D}) more"),
    ("shorten", r"(?:take|remove|subtract|cut) (?P<d>{D}) (?:from|off of|off) {WHICH}"),
    ("shorten", r"(?:decrease|reduce|shorten|cut) {WHO} by (?P<d>{D})"),
    ("rename", r"(?:rename|call|name) {WHO} (?:to |as |into )?(?P<label>[^§]+)"),
    ("move", r"(?:change|move|reschedule|shift|postpone|update|delay) {WHICH} (?:to )?(?P<t>{TI})"),
    (
        "cancel_all",
        (
            r"{CANCEL} (?:all|every|each|both)(?: of)?(?: the| my| our)* {KIND}(?: in the "
            r"(?P<area>[^§]+))?"
        ),
    ),
    ("cancel_all", r"{CANCEL} (?:the |my |our )*(?P<kind>timers|alarms|reminders)"),
    ("cancel", r"{CANCEL} {WHICH}"),
    ("cancel", r"(?:turn|switch|shut) {WHO} off"),
    ("pause", r"(?:pause|hold|freeze) {WHICH}"),
    ("pause", r"put {WHO} on hold"),
    ("resume", r"(?:resume|unpause|continue|carry on with) {WHICH}"),
    ("snooze", r"snooze(?: it| {WHO})?(?: (?:for )?(?P<d>{DI}))?"),
    ("snooze", r"(?:wake|remind) (?:me|us)(?: up)? again (?P<d>{DI})"),
    (
        "status",
        (
            r"(?:how (?:much|many) (?:more )?(?:time|longer|minutes)|how long)(?: is| are| do i have| "
            r"does| will| have i got)?(?: still)?(?: left| remaining| to go)?(?: on| for| of| until| "
            r"till| before| in)? {WHICH}(?: have| left| remaining| got| to go| goes off| rings| still| is "
            r"up| is done| run)*"
        ),
    ),
    (
        "status",
        (
            r"(?:how much (?:more )?time|how long|how many minutes)(?: is| are| do i have| have i "
            r"got)?(?: still)? (?:left|remaining|to go)"
        ),
    ),
    ("status", r"what is left (?:on|of) {WHICH}"),
    (
        "status",
        (
            r"(?:what time|when) (?:does|will|is|do|are) {WHICH}(?: "
            r"(?:go|going|off|ring|end|finish|finished|due|done|set|for|over|up|to))*"
        ),
    ),
    (
        "status",
        (
            r"(?:what|which|list|show|tell|read)(?: me)?(?: are| is)?(?: all)?(?: of)?(?: the| my| "
            r"our)*(?: active| running| current)?(?: (?P<next>next|upcoming))? {KIND}(?: "
            r"(?:are|do|is|have|i|we|set|running|active|there|got|on))*"
        ),
    ),
    (
        "status",
        (
            r"(?:(?:is|are) there|do i have|have i got)(?: any| an| a)? {KIND}(?: set| running| on| "
            r"active| {T})*"
        ),
    ),
    ("status", r"(?:status|state) (?:of|on) {WHICH}"),
    ("status", r"check {WHICH}"),
    ("status", r"{WHO} status"),
    (
        "set reminder",
        r"{R} (?P<t>{WHENS}) (?:(?:to|that|about|of|for) )?(?P<text>.+?)(?: (?P<t2>{WHENS}))?",
    ),
    ("set reminder", r"{R} (?:to|that|about|of|for) (?P<text>.+?) (?P<t>{WHENS})"),
    ("set reminder", r"(?P<t>{WHENS}) {R} (?:to|that|about|of|for) (?P<text>.+?)"),
    ("set reminder", r"{PRE} {ART}(?P<t>{T}) reminder (?:to|that|about|of|for) (?P<text>.+?)"),
    ("set reminder", r"{R} (?P<t>{WHENS})"),
    ("set reminder", r"{R} (?:to|that|about|of|for) (?P<text>.+)"),
    ("set reminder", r"{R}"),
    (
        "set alarm",
        (
            r"(?:(?:wake|get) (?:me|us)(?: up)?) (?P<t>{TI})(?: (?P<t2>{TI}))?(?: (?:for|to) "
            r"(?P<label>[^§]+))?"
        ),
    ),
    ("set alarm", r"(?P<t>{TI}) (?:wake|get) (?:me|us)(?: up)?"),
    ("set alarm", r"wake (?:me|us)(?: up)?"),
    (
        "set alarm",
        (
            r"(?:{PRE} )?{ART}(?:(?P<label>[^§]+?) )?alarm(?: clock)? (?:for )?(?P<t>{TI}|{D})(?: "
            r"(?:called|named|labelled|for|to)(?: the| my| our)? (?P<label2>[^§]+))?"
        ),
    ),
    (
        "set alarm",
        r"(?:{PRE} )?{ART}(?P<t>{T}) (?:(?P<label>[^§]+?) )?alarm(?: {NAMED} (?P<label2>[^§]+))?",
    ),
    ("set alarm", r"{PRE} {ART}alarm {NAMED} (?P<label>[^§]+?) (?P<t>{TI})"),
    ("set alarm", r"{NEW} (?:(?:a|an|another|my|new) )*alarm(?: clock)?"),
    (
        "set timer",
        (
            r"(?:{PRE} )?{ART}(?:(?P<label>[^§]+?) )?timer (?:(?:for|of|at|to) )?(?P<d>{DI})(?: "
            r"(?:{NAMED}|to) (?P<label2>[^§]+))?"
        ),
    ),
    (
        "set timer",
        r"(?:{PRE} )?{ART}(?P<d>{D}) (?:(?P<label>[^§]+?) )?timer(?: {NAMED} (?P<label2>[^§]+))?",
    ),
    ("set timer", r"(?:{PRE} )?{ART}timer {NAMED} (?P<label>[^§]+?) (?:(?:for|of|at) )?(?P<d>{DI})"),
    ("set timer", r"{NEW} {ART}(?:(?P<label>[^§]+?) )?timer(?: {NAMED} (?P<label2>[^§]+))?"),
    ("set timer", r"(?:time me for|count down|count down from|countdown|countdown of) (?P<d>{D})"),
    ("set timer", r"(?:{PRE} )?{ART}(?P<d>{D}) countdown"),
)

ONE_OF = (
    r"(?:the |my |our "
    r")?(?:(?P<last>last|latest|newest)|(?P<start>{D})|(?P<at>{T})|(?P<name>[^§]+?))(?: "
    r"(?:one|timer|alarm|reminder))?"
)
