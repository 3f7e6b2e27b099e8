"""Rulesets of a whole city: rules of every shape together, many in families that differ in their constants alone."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.properties.rule_sets import (
    absence,
    baseline,
    chain,
    change,
    crowd,
    rule,
    sliding,
    smoke,
    speeding,
    state,
    tumbling,
    windowed,
)

LIMIT = re.compile(r"(?<=[<>=*] )-?\d+(?:\.\d+)?")
TEXT = re.compile(r"'(d1|d2|in|out|S1|S2)'")
OTHERS = {"d1": "d2", "d2": "d1", "in": "out", "out": "in", "S1": "S2", "S2": "S1"}


@st.composite
def stopped(draw: st.DrawFn) -> str:
    """An absence whose clock stands still at times, or which forgets."""
    expected = draw(st.booleans())
    unless = draw(
        st.sampled_from(
            [
                "",
                "elders.away_until > now()",
                "coverage(elders.site) < 0.6",
                "coverage(elders.site) < 0.6 or elders.away_until > now()",
                "hour() == 22",
                "night or missing(elders.site)",
            ]
        )
    )
    parts = [
        f"for: {draw(st.sampled_from(['10s', '30s', '1m', '61s']))}",
        *(["expect: elders"] if expected else [f"forget: {draw(st.sampled_from(['62s', '5m']))}"]),
        *([f"unless: '{unless}'"] if unless else []),
    ]
    return rule(
        "stopped",
        draw(st.sampled_from(["from: gate", "from: [gate, sensor]"])),
        draw(st.sampled_from(["", "", "active: night"])),
        "key: person",
        f"absence: {{{', '.join(parts)}}}",
        draw(st.sampled_from(["", "", "cooldown: 1m"])),
        draw(st.sampled_from(["severity: low", "severity: {high: coverage(elders.site) > 0.5, low: default}"])),
        'message: "${person} ${last_seen}"',
    )


@st.composite
def crossing(draw: st.DrawFn) -> str:
    """A sequence whose steps have the key by other names."""
    final = draw(st.booleans())
    ask = draw(st.sampled_from(["", ", when: person != first.person", ", when: device == first.device"]))
    return rule(
        "crossing",
        "key: person",
        f"sequence: [{{first: gate}}, {{{'not' if final else 'then'}: camera, key: plate{ask}, within: 10s}}]",
        draw(st.sampled_from(["", "cooldown: 2s"])),
        "severity: low",
        f'message: "${{first.device}}{"" if final else " ${device}"}"',
    )


SHAPES = {
    "sliding": sliding,
    "crowd": crowd,
    "tumbling": tumbling,
    "windowed": windowed,
    "absence": absence,
    "stopped": stopped,
    "smoke": smoke,
    "speeding": speeding,
    "chain": chain,
    "crossing": crossing,
    "change": change,
    "state": state,
    "baseline": baseline,
}


@st.composite
def varied(draw: st.DrawFn, text: str) -> str:
    """A rule of the same structure, whose constants may be others."""

    def other(found: re.Match[str]) -> str:
        number = float(found[0])
        near = (
            [number / 2, number * 1.5]
            if number % 1 or number < 0
            else [21]
            if number == 22  # an hour
            else [number + 10, number // 2]
            if number >= 10
            else [number + 1, number + 3, max(number - 1, 1)]
        )
        return f"{draw(st.sampled_from([number, *near])):g}"

    def named(found: re.Match[str]) -> str:
        return f"'{draw(st.sampled_from([found[1], OTHERS[found[1]]]))}'"

    lines = text.split("\n")
    for i, line in enumerate(lines):
        if line.startswith("  cooldown: "):
            lines[i] = f"  cooldown: {draw(st.sampled_from([line.split()[1], '0s', '1s', '10s']))}"
        elif not line.startswith("  except: "):
            lines[i] = TEXT.sub(named, LIMIT.sub(other, line))
    return "\n".join(lines)


@st.composite
def lived(draw: st.DrawFn, text: str) -> str:
    """A rule that is live, or not, or only here and there, or of one place."""
    key = re.search(r"^  key: (.*)", text, re.MULTILINE)
    key_fields = key[1].strip("[]").split(", ") if key else []
    canaries = {"site": "site == 'S1'", "device": "device != 'd1'", "person": "person in elders"}
    lives = ["", "", "", "mode: shadow", "mode: disabled"] + [
        f"canary: {condition}" for field, condition in canaries.items() if field in key_fields
    ]
    life = draw(st.sampled_from(lives))
    if "\n  from: camera\n" in text and "\n  when: " not in text:
        place = draw(st.sampled_from(["", "\n  when: inside('lobby')", "\n  when: not near('lobby', 1.5)"]))
        text = text.replace("\n  from: camera\n", f"\n  from: camera{place}\n")
    return f"{text}\n  {life}" if life else text


@st.composite
def city_rules(
    draw: st.DrawFn,
    shapes: Sequence[str] = tuple(sorted(SHAPES)),
    *,
    count: tuple[int, int] = (2, 4),
    members: Sequence[int] = (1, 1, 2, 3),
) -> tuple[str, ...]:
    """Rules of some of the shapes, from least to most; of each as many as one of `members` says, in one structure."""
    out = []
    for number in range(draw(st.integers(*count))):
        shape = draw(st.sampled_from(shapes))
        text = draw(SHAPES[shape]())
        for member in range(draw(st.sampled_from(members))):
            own = text if member == 0 else draw(varied(text))
            own = re.sub(r"^- rule: \w+", f"- rule: {shape}_{number}_{member}", own)
            out.append(draw(lived(own)))
    return tuple(out)
