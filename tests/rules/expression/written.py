"""Expressions as they could be written, and events that they could be asked of: Hypothesis strategies."""

from hypothesis import strategies as st

from rules.expression.nodes import (
    Arithmetic,
    Call,
    Compare,
    In,
    Name,
    Negate,
    Not,
    Number,
    String,
    Truth,
    Tuple,
    conjunction,
    disjunction,
)
from tests.rules.expression.small_city import DAY, HOUR, KINDS, PERSONS, PLACE, SCHEMAS, SITES

# what can be written


def name(text):
    return Name(PLACE, tuple(text.split(".")))


def number(value, unit=None):
    return Number(PLACE, float(value), unit)


def calls(function, items, least=1, most=1):
    return st.lists(items, min_size=least, max_size=most).map(lambda args: Call(PLACE, function, tuple(args)))


def compared(left, right, signs=("==", "!=", "<", "<=", ">", ">=")):
    return st.builds(lambda sign, a, b: Compare(PLACE, sign, a, b), st.sampled_from(signs), left, right)


def chosen(items, choices):
    return st.builds(
        lambda item, some, negated: In(PLACE, item, Tuple(PLACE, tuple(some)), negated),
        items,
        st.lists(choices, min_size=1, max_size=3),
        st.booleans(),
    )


SMALL = st.sampled_from([0, 1, 2, 3, 0.5, 60, 80, 1e9]).map(number)
PLAIN = st.one_of(
    SMALL,
    st.sampled_from(["match_score", "confidence", "value", "limits.most", "occupancy"]).map(name),
    st.just(Call(PLACE, "count", ())),
    st.just(Call(PLACE, "hour", ())),
)
NUMBERS = st.recursive(
    PLAIN,
    lambda part: st.one_of(
        st.builds(lambda sign, a, b: Arithmetic(PLACE, sign, a, b), st.sampled_from("+-*/"), part, part),
        part.map(lambda item: Negate(PLACE, item)),
        calls("abs", part),
        calls("min", part, 2, 3),
        calls("max", part, 2, 3),
    ),
    max_leaves=4,
)
SPEEDS = st.one_of(
    SMALL,
    st.sampled_from(["speed_kmh", "roads.free_kmh"]).map(name),
    SMALL.map(lambda factor: Arithmetic(PLACE, "*", factor, name("roads.free_kmh"))),
)
TIMES = st.sampled_from([name("time"), Call(PLACE, "now", ()), name("elders.away_until")])
SPANS = st.sampled_from(
    [number(0, "ms"), number(60_000, "ms"), number(5 * HOUR, "ms"), number(90, "ms"), name("period_s")]
)
TEXTS = st.sampled_from(["site", "device", "person", "plate", "unit", "roads.class"]).map(name)
WORDS = st.sampled_from([*SITES, *PERSONS, "cam-1", "京A12345", "it''s"]).map(lambda text: String(PLACE, text))
METRICS = st.sampled_from(["smoke", "gas", "door"]).map(lambda text: String(PLACE, text))
STATES = st.sampled_from(["alarm", "test", "fault"]).map(lambda text: String(PLACE, text))
KIND_WORDS = st.sampled_from(KINDS).map(lambda text: String(PLACE, text))
FLAGS = st.sampled_from(["replayed", "elders.lives_alone"]).map(name)
SAME = ("==", "!=")
MEMBERS = st.builds(
    lambda parts, negated: In(PLACE, *parts, negated),
    st.sampled_from(
        [
            (Tuple(PLACE, (name("site"), name("person"))), name("residents")),
            (Tuple(PLACE, (String(PLACE, "S1"), name("person"))), name("residents")),
            (name("person"), name("elders")),
            (name("unit"), name("elders")),
            (name("site"), name("roads")),
            (name("metric"), name("limits")),
        ]
    ),
    st.booleans(),
)
VALUES = st.one_of(NUMBERS, SPEEDS, TIMES, TEXTS, FLAGS, st.just(name("metric")), st.just(name("kind")))
ATOMS = st.one_of(
    compared(NUMBERS, NUMBERS),
    compared(SPEEDS, SPEEDS),
    compared(TIMES, TIMES),
    compared(SPANS, SPANS),
    compared(st.builds(lambda a, b: Arithmetic(PLACE, "-", a, b), TIMES, TIMES), SPANS),
    compared(st.builds(lambda a, b: Arithmetic(PLACE, "+", a, b), TIMES, SPANS), TIMES),
    compared(TEXTS, st.one_of(TEXTS, WORDS), SAME),
    compared(st.just(name("metric")), METRICS, SAME),
    compared(STATES, st.just(name("status")), SAME),
    compared(st.just(name("kind")), KIND_WORDS, SAME),
    compared(FLAGS, st.booleans().map(lambda value: Truth(PLACE, value)), SAME),
    compared(FLAGS, FLAGS, SAME),
    chosen(TEXTS, WORDS),
    chosen(st.just(name("metric")), METRICS),
    chosen(NUMBERS, SMALL),
    MEMBERS,
    FLAGS,
    st.sampled_from(["stranger", "in_earnest", "loud", "night"]).map(name),
    st.booleans().map(lambda value: Truth(PLACE, value)),
    VALUES.filter(lambda node: not isinstance(node, Number)).map(lambda node: Call(PLACE, "missing", (node,))),
    VALUES.filter(lambda node: not isinstance(node, Number)).map(lambda node: Call(PLACE, "known", (node,))),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        part.map(lambda item: Not(PLACE, item)),
        st.lists(part, min_size=2, max_size=3).map(lambda items: conjunction(PLACE, tuple(items))),
        st.lists(part, min_size=2, max_size=3).map(lambda items: disjunction(PLACE, tuple(items))),
    ),
    max_leaves=6,
)

# what can happen

SOME = {
    "site": SITES,
    "person": PERSONS,
    "device": ("cam-1", "d2"),
    "plate": ("京A12345", "p-li"),
    "unit": ("S1", "%"),
    "status": ("alarm", "test", "no such status"),
    "metric": ("smoke", "gas", "door"),
    "replayed": (True, False),
    "value": (0.0, 3.0, 3.5, 1e9),
    "match_score": (0.5, 1.0),
    "confidence": (0.0, 0.9),
    "occupancy": (0.0, 1.0),
    "speed_kmh": (0.0, 60.0, 80.0),
    "period_s": (0.0, 60.0, 18000.0),
    "lon": (121.4, 121.41),
    "lat": (31.2, 31.21),
    "x": (0.0, 1.0, 3.0, 9.0),
    "y": (0.0, 1.0, 3.5, 9.0),
}


@st.composite
def events(draw):
    kind = draw(st.sampled_from(KINDS))
    event = {"kind": kind, "time": DAY + draw(st.integers(0, 23)) * HOUR + draw(st.sampled_from([0, 1, HOUR - 1]))}
    for field in sorted(SCHEMAS[kind].fields):
        if field in SOME and draw(st.booleans()):
            event[field] = draw(st.sampled_from(SOME[field]))
    return event
