"""Rule files of every shape of the language, with constants that lie on the small city's boundaries."""

from hypothesis import strategies as st

from tests.properties.small_city import DECLARATIONS

windows = st.sampled_from(["1s", "2s", "10s", "1m"])
severities = st.sampled_from(["low", "{critical: hour() == 22, medium: default}"])
counted = st.sampled_from(["low", "{critical: count() >= 3, high: count() == 2, low: default}"])
calendars = st.sampled_from(["", "active: night", "active: night and fair", "active: not night"])
exceptions = st.sampled_from(
    [
        "",
        "except: [{when: device == 'd1', reason: works}]",
        "except: [{when: device == 'd1', reason: works, until: 2026-11-22}]",
        "except: [{when: device == 'd1', reason: works, until: 2026-11-23}, {when: person in elders, reason: old}]",
    ]
)
gate_conditions = st.sampled_from(
    [
        "",
        "when: stranger",
        "when: direction == 'in' and not stranger",
        "when: subject in ('person') or direction != 'out'",
        "when: (site, person) in residents or elders.lives_alone",
    ]
)
gate_keys = st.sampled_from(
    ["key: [site, device]", "key: person", "key: direction", "key: [person, site, subject]", ""]
)


def rule(name: str, *lines: str) -> str:
    """Write one rule."""
    head = [f"- rule: {name}", "  title: {zh: 标题, en: title}", "  purpose: public_safety", "  route: desk"]
    return "\n".join([*head, *(f"  {line}" for line in lines if line)])


def file_of(*rules: str) -> str:
    """Write a rule file."""
    return DECLARATIONS + "rules:\n" + "\n".join(rules)


@st.composite
def sliding(draw: st.DrawFn) -> str:
    key = draw(gate_keys)
    shown = {"key: person": "${person} ${count}", "key: [site, device]": "${device} ${site} ${time}"}
    limit = draw(st.sampled_from([1, 2, 2, 3, 4]))
    return rule(
        "sliding",
        "from: gate",
        draw(gate_conditions),
        draw(calendars),
        draw(exceptions),
        key,
        f"window: {draw(windows)}",
        f"threshold: count() {draw(st.sampled_from(['>=', '>', '==']))} {limit}",
        draw(st.sampled_from(["", "cooldown: 0s", "cooldown: 2s", "cooldown: 10s"])),
        f"severity: {draw(counted)}",
        f'message: "{shown.get(key, "${count}")}"',
    )


@st.composite
def crowd(draw: st.DrawFn) -> str:
    return rule(
        "crowd",
        "from: [camera, gate]",
        draw(calendars),
        "key: device",
        f"window: {draw(windows)}",
        "threshold: count() >= cameras.crowd_limit",
        f"severity: {draw(counted)}",
        'message: "${device} ${count}"',
    )


@st.composite
def tumbling(draw: st.DrawFn) -> str:
    return rule(
        "tumbling",
        draw(st.sampled_from(["from: gate", "from: [gate, camera, sensor]"])),
        draw(calendars),
        draw(st.sampled_from(["key: person", "key: [site, device]", ""])),
        f"window: {draw(st.sampled_from(['10s tumbling', '1m tumbling', '1h tumbling', 'day']))}",
        f"threshold: count() {draw(st.sampled_from(['>= 1', '>= 2', '== 1', '< 3']))}",
        draw(st.sampled_from(["", "cooldown: 1m"])),
        f"severity: {draw(counted)}",
        'message: "${count}"',
    )


@st.composite
def absence(draw: st.DrawFn) -> str:
    expect = draw(st.booleans())
    silence = draw(st.sampled_from(["1s", "2s", "10s", "1m"]))
    ladder = draw(
        st.sampled_from(["high", "{critical: elders.lives_alone, high: default}", "{low: hour() == 22, high: default}"])
    )
    kinds = draw(st.sampled_from(["gate", "[gate, camera]", "[gate, camera, sensor]"]))
    conditions = ["", "when: device == 'd1'"] + ["when: kind != 'sensor' or value > 0"] * ("sensor" in kinds)
    return rule(
        "absence",
        f"from: {kinds}",
        draw(st.sampled_from(conditions)),
        draw(calendars),
        "key: person",
        f"absence: {{for: {silence}{', expect: elders' if expect else ''}}}",
        draw(st.sampled_from(["", "", "cooldown: 10s"])),
        f"severity: {ladder}",
        'message: "${person} ${last_seen} ${elders.site} ${elders.lives_alone}"',
    )


@st.composite
def smoke(draw: st.DrawFn) -> str:
    return rule(
        "smoke",
        "from: sensor",
        draw(st.sampled_from(["when: metric == 'smoke' and (missing(status) or status != 'test')", ""])),
        draw(exceptions).replace("person in elders", "value > 1"),
        "key: [site, device]",
        "severity: {critical: value >= 1, high: default}",
        'message: "${site} ${metric} ${value} ${status}"',
    )


@st.composite
def speeding(draw: st.DrawFn) -> str:
    return rule(
        "speeding",
        "from: traffic",
        f"when: speed_kmh > limit_kmh * {draw(st.sampled_from(['1.2', '1.5']))}",
        "key: plate",
        f"cooldown: {draw(st.sampled_from(['0s', '1s', '10s', '1m']))}",
        "severity: {high: speed_kmh >= limit_kmh * 2, medium: default}",
        'message: "${plate} ${speed_kmh - limit_kmh}"',
    )


@st.composite
def chain(draw: st.DrawFn) -> str:
    """Steps of gates, cameras and sensors; few conditions, so that many chains are whole."""
    within = st.sampled_from(["", "", ", within: 1s", ", within: 10s"])
    times = st.sampled_from(["", "", ", times: 2", ", times: 2 distinct person", ", times: 3"])
    asks = st.sampled_from(["", "", ", when: person != first.person", ", when: device == first.device"])
    steps = ["first: gate" + draw(st.sampled_from(["", ", when: direction == 'in'", ", when: stranger"]))]
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.integers(0, 3)) == 0:
            steps.append("not: " + draw(st.sampled_from(["gate, when: direction == 'out'", "sensor", "camera"])))
        kinds = draw(st.sampled_from(["camera", "gate", "[gate, camera]", "[gate, sensor]"]))
        steps.append(f"then: {kinds}{draw(asks)}{draw(times)}{draw(within)}")
    final = len(steps) == 1 or draw(st.integers(0, 2)) == 0
    if final:
        kinds = draw(st.sampled_from(["gate", "sensor", "[camera, gate]"]))
        steps.append(f"not: {kinds}{draw(asks)}, within: {draw(windows)}")
    return rule(
        "chain",
        draw(st.one_of(st.just(""), st.just(""), calendars)),
        draw(st.one_of(st.just(""), st.just(""), exceptions)).replace("person in elders", "device == 'd3'"),
        draw(st.sampled_from(["key: site", "key: site", "key: device", "key: [site, device]", ""])),
        f"sequence: [{', '.join(f'{{{step}}}' for step in steps)}]",
        draw(st.sampled_from(["", "", "", "within: 10s"])),
        draw(st.sampled_from(["", "", "cooldown: 2s"])),
        f"severity: {draw(st.sampled_from(['low', '{high: hour() == 22, low: default}']))}",
        f'message: "${{first.device}} ${{first.person}} ${{first.time}}{"" if final else " ${device}"}"',
    )


@st.composite
def change(draw: st.DrawFn) -> str:
    ladder = "{high: elapsed(prev) < 1s, medium: missing(prev.device), low: default}"
    kind, key, conditions = draw(
        st.sampled_from(
            [
                ("gate", "key: site", ["person != prev.person", "first_seen(person)", "elapsed(prev) <= 2s"]),
                (
                    "gate",
                    "key: [site, device]",
                    ["direction == prev.direction", "first_seen(person) and known(prev.person)"],
                ),
                ("traffic", "key: plate", ["speed_kmh > prev.speed_kmh", "prev.limit_kmh < 50 or first_seen(device)"]),
                ("traffic", "", ["first_seen(plate)", "plate != prev.plate and elapsed(prev) < 10s"]),
            ]
        )
    )
    return rule(
        "change",
        f"from: {kind}",
        draw(calendars),
        key,
        f"window: {draw(windows)}",
        f"change: {draw(st.sampled_from(conditions))}",
        draw(st.sampled_from(["", "", "cooldown: 2s"])),
        draw(st.sampled_from(["severity: low", f"severity: {ladder}"])),
        'message: "${prev.device} ${prev.time} ${device}"',
    )


@st.composite
def state(draw: st.DrawFn) -> str:
    """A threshold that lasts, with and without an end of its own."""
    window = draw(st.sampled_from(["2s", "10s", "10s", "1m", "10s tumbling", "1m tumbling"]))
    kind, key, condition, clear = draw(
        st.sampled_from(
            [
                ("traffic", "key: site", "avg(speed_kmh) < 20", "avg(speed_kmh) >= 30"),
                ("traffic", "key: site", "count() >= 2 and min(speed_kmh) < 20", "count() < 2"),
                ("traffic", "key: [site, device]", "ratio(speed_kmh < 20) >= 0.5", "ratio(speed_kmh < 20) < 0.4"),
                ("traffic", "", "max(speed_kmh) < 20", "sum(speed_kmh) >= 60"),
                ("camera", "key: device", "distinct(track) >= 2", "distinct(track) < 1"),
                ("[gate, camera]", "key: site", "count() >= 3", "count() < 2"),
                ("gate", "key: device", "rate() >= 6", "rate() < 1"),
                ("gate", "key: site", "duration() >= 1s", "count() == 0"),
            ]
        )
    )
    ends = draw(st.sampled_from(["", f"clear: {clear}"]))
    return rule(
        "state",
        f"from: {kind}",
        draw(st.sampled_from(["", "", "active: night"])),
        key,
        f"window: {window}",
        f"threshold: {condition}{draw(st.sampled_from(['', '', ' and hour() == 22']))}",
        draw(st.sampled_from(["for: 1s", "for: 10s", "for: 2s"] + ["", ""] * bool(ends))),
        ends,
        draw(st.sampled_from(["", "resolve_after: 10s", "resolve_after: 1m"])),
        draw(st.sampled_from(["", "cooldown: 2s", "cooldown: 10s"])),
        draw(
            st.sampled_from(["severity: low", "severity: {critical: count() >= 4, high: count() == 3, low: default}"])
        ),
        'message: "${count}"',
    )


@st.composite
def windowed(draw: st.DrawFn) -> str:
    """A threshold judged in instants, of any aggregate over any window."""
    kind, key, conditions = draw(
        st.sampled_from(
            [
                ("traffic", "key: site", ["avg(speed_kmh) < 20", "sum(speed_kmh) >= 60", "max(speed_kmh) < 20"]),
                ("traffic", "key: [site, device]", ["ratio(speed_kmh < 20) >= 0.5", "min(speed_kmh) < 20"]),
                ("traffic", "", ["'quantile(speed_kmh, 0.5) > 20'", "count() >= 3 and avg(speed_kmh) < 30"]),
                ("camera", "key: device", ["distinct(track) >= 2", "distinct(track) == 1 and count() >= 2"]),
                ("[gate, camera]", "key: site", ["count() >= 3 and distinct(device) >= 2", "duration() >= 1s"]),
                ("gate", "key: device", ["rate() >= 6", "distinct(person) >= 2 or count() >= 4"]),
            ]
        )
    )
    window = st.sampled_from(
        [
            "2s",
            "10s",
            "10s",
            "1m",
            "10s tumbling",
            "1m tumbling",
            "day",
            "session 2s",
            "session 10s",
            "session 2s max 5s",
        ]
    )
    return rule(
        "windowed",
        f"from: {kind}",
        draw(st.sampled_from(["", "", "active: night"])),
        key,
        f"window: {draw(window)}",
        f"threshold: {draw(st.sampled_from(conditions))}",
        draw(st.sampled_from(["", "", "cooldown: 0s", "cooldown: 2s", "cooldown: 10s"])),
        draw(
            st.sampled_from(["severity: low", "severity: {critical: count() >= 4, high: rate() >= 30, low: default}"])
        ),
        draw(st.sampled_from(["", 'message: "${count} ${duration}"'])),
    )


@st.composite
def baseline(draw: st.DrawFn) -> str:
    """A threshold of what is unusual."""
    of, limit = draw(
        st.sampled_from([("count()", "< -1"), ("count()", "> 1"), ("avg(speed_kmh)", "< -1"), ("rate()", "> 1")])
    )
    return rule(
        "baseline",
        "from: traffic",
        draw(st.sampled_from(["key: site", "key: [site, device]", ""])),
        f"window: {draw(st.sampled_from(['2s tumbling', '10s tumbling', '1m tumbling']))}",
        f"baseline: {{season: {draw(st.sampled_from(['none', 'day', 'week']))}, "
        f"learn: {draw(st.sampled_from(['20s', '2m', '1d']))}, min_samples: {draw(st.integers(1, 3))}}}",
        f"threshold: zscore({of}) {limit}",
        draw(st.sampled_from(["", "", "for: 10s", "for: 3s"])),
        draw(st.sampled_from(["", f"clear: zscore({of}) > -0.5 and zscore({of}) < 0.5"])),
        draw(st.sampled_from(["", "resolve_after: 10s"])),
        draw(st.sampled_from(["", "cooldown: 10s"])),
        draw(st.sampled_from(["severity: low", f"severity: {{high: expected({of}) >= 2, low: default}}"])),
        f'message: "${{{of}}} ${{expected({of})}}"',
    )


@st.composite
def falling(draw: st.DrawFn) -> str:
    """Write a rule that reads a score: at each fall, after one, of several, in a window, behind each other."""
    chosen = draw(
        st.sampled_from(
            [
                "fall.confidence >= 0.9",
                "fall.label_kind == 'heavy' and (fall.origin_floor >= 2 or fall.drop_m >= 6)",
                "label == 'person' and fall.drop_m > 5",
                "fall.label_kind != 'heavy'",
                "known(fall.drop_m) and missing(fall.origin_floor)",
            ]
        )
    )
    often = f"{chosen} or (missing(fall.confidence) and z < 1)"
    step = f'{{first: camera, when: "{chosen}"}}, {{then: camera, when: fall.drop_m > 3}}'
    pattern = draw(
        st.sampled_from(
            [
                [f"when: {chosen}"],
                [f"when: {often}", "cooldown: 1s"],
                [f"when: {often}", "window: 2s", "threshold: count() >= 2 and max(fall.drop_m) > 4"],
                [
                    "window: 2s",
                    f"threshold: ratio({chosen}) > 0.02",
                    "for: 100ms",
                    "clear: max(z) < 2",
                    "resolve_after: 10s",
                ],
                ["window: 10s", "change: fall.drop_m > 3 and first_seen(fall.label_kind)"],
                [f"sequence: [{step}]", "within: 2s"],
            ]
        )
    )
    key = draw(st.sampled_from(["", "key: device", "key: track", "key: [device, track]", "key: [track, device]"]))
    both = "from: [camera, gate]" if "track" not in key else "from: camera"
    kinds = [] if "sequence" in pattern[0] else [draw(st.sampled_from(["from: camera", both]))]
    rungs = "{critical: fall.label_kind == 'heavy' and fall.speed_ms >= 12, high: fall.origin_floor >= 3, low: default}"
    return rule(
        "falling",
        *kinds,
        key,
        *pattern,
        draw(st.sampled_from(["", "except: [{when: fall.drop_m > 12, reason: works}]"])),
        f"severity: {draw(st.sampled_from(['low', rungs]))}",
        draw(st.sampled_from(["", 'message: "${device} ${fall.label_kind} ${fall.drop_m} ${fall.origin_floor_low}"'])),
    )


SHAPES = [falling, sliding, crowd, tumbling, absence, smoke, speeding, chain, change, windowed, state, baseline]


@st.composite
def rule_files(draw: st.DrawFn) -> str:
    """A rule file with one to three rules of different shapes."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3, unique=True))
    return file_of(*(draw(shape()) for shape in shapes))
