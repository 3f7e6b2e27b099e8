"""A rule of every pattern, with constants that a seed chooses; durations are short, for a run is half a minute."""

import random

from tests.properties.rule_sets import file_of, rule


def ruleset(seed: int) -> str:
    """Return a rule file."""
    return file_of(*_rules(seed))


def later(seed: int) -> list[str]:
    """Return rule files that may follow it: with other constants, and with some of its rules alone."""
    dice = random.Random(seed)
    own = _rules(seed)
    return [ruleset(seed + 8), file_of(*sorted(dice.sample(own, len(own) // 2), key=own.index))]


def _rules(seed: int) -> list[str]:
    dice = random.Random(seed)
    return [*points(dice), *states(dice), *silences(dice)]


def points(dice: random.Random) -> list[str]:
    """Rules that fire in an instant; the two of `speeding` are a family."""
    return [
        rule(
            "counted",
            "from: gate",
            "when: direction == 'in'",
            "key: [site, device]",
            f"window: {dice.choice((1, 5, 20))}s",
            f"threshold: count() >= {dice.choice((1, 2, 3))}",
            f"cooldown: {dice.choice((0, 3, 30))}s",
            "severity: {high: count() >= 3, low: default}",
            'message: "${device} ${count}"',
        ),
        rule(
            "panes",
            "from: [gate, camera]",
            "key: person",
            f"window: {dice.choice((2, 10))}s tumbling",
            "threshold: count() >= 2",
            "severity: low",
            'message: "${count}"',
        ),
        rule(
            "stay",
            "from: camera",
            "key: person",
            f"window: session {dice.choice((2, 4))}s max 10s",
            f"threshold: duration() >= {dice.choice((1, 2))}s",
            dice.choice(("", "cooldown: 3s")),
            "severity: {medium: distinct(device) >= 2, low: default}",
            'message: "${duration}"',
        ),
        rule(
            "followed",
            "key: site",
            "sequence: [{first: gate, when: direction == 'in'}, {not: sensor}, "
            f"{{then: camera, when: person != first.person, within: {dice.choice((1, 3))}s}}]",
            f"cooldown: {dice.choice((0, 3))}s",
            "severity: low",
            'message: "${first.device} ${device}"',
        ),
        rule(
            "moved",
            "from: gate",
            "key: person",
            f"window: {dice.choice((3, 10))}s",
            f"change: {dice.choice(('device != prev.device', 'first_seen(device)', 'elapsed(prev) < 1s'))}",
            "severity: {low: known(prev.device), medium: default}",
            'message: "${prev.device} ${device}"',
        ),
        rule(
            "smoke",
            "from: sensor",
            "when: metric == 'smoke' and value >= 1",
            "key: [site, device]",
            "severity: high",
            'message: "${value}"',
            "canary: site == 'S1'",
        ),
        *(
            rule(
                name,
                "from: traffic",
                f"when: speed_kmh > limit_kmh * {factor}",
                "key: plate",
                f"cooldown: {dice.choice((0, 2, 20))}s",
                "severity: medium",
                'message: "${plate}"',
            )
            for name, factor in (("speeding", 1.2), ("racing", 1.6))
        ),
    ]


def states(dice: random.Random) -> list[str]:
    """Rules that last."""
    return [
        rule(
            "jam",
            "from: traffic",
            "key: site",
            f"window: {dice.choice((2, 4))}s",
            "threshold: avg(speed_kmh) < 75",
            f"for: {dice.choice((1, 2))}s",
            dice.choice(("", "clear: avg(speed_kmh) >= 80")),
            "resolve_after: 3s",
            f"cooldown: {dice.choice((0, 2))}s",
            "severity: {high: max(speed_kmh) < 60, low: default}",
            'message: "${avg.speed_kmh}"',
        ),
        rule(
            "unusual",
            "from: [gate, traffic]",
            "key: site",
            "window: 1s tumbling",
            f"baseline: {{season: none, learn: {dice.choice((5, 20))}s, min_samples: 2}}",
            f"threshold: zscore(count()) {dice.choice(('> 0.5', '< -0.5'))}",
            dice.choice(("", "for: 1s")),
            "severity: low",
            'message: "${count} ${expected(count())}"',
        ),
    ]


def silences(dice: random.Random) -> list[str]:
    """Rules that what does not come fires."""
    return [
        rule(
            "missed",
            f"from: {dice.choice(('gate', '[gate, camera]', '[gate, camera, sensor]'))}",
            "key: person",
            dice.choice(("", "active: night")),
            f"absence: {{for: {dice.choice((4, 10, 15))}s, expect: elders}}",
            "severity: {critical: elders.lives_alone, high: default}",
            'message: "${person} ${last_seen}"',
        ),
        rule(
            "excused",
            "from: [gate, camera]",
            "key: person",
            f"absence: {{for: {dice.choice((4, 10))}s, expect: elders, unless: elders.away_until > now()}}",
            "severity: low",
            'message: "${last_seen}"',
        ),
        rule("gone", "from: camera", "key: person", "absence: {for: 3s}", "severity: low", 'message: "${last_seen}"'),
        rule(
            "forgotten",
            "from: gate",
            "key: person",
            f"absence: {{for: 2s, forget: {dice.choice((3, 8))}s}}",
            "severity: low",
            'message: "${last_seen}"',
        ),
        rule(
            "unanswered",
            "key: site",
            f"sequence: [{{first: sensor, when: value >= 1}}, {{not: camera, within: {dice.choice((1, 3))}s}}]",
            "severity: high",
            'message: "${first.device}"',
        ),
    ]
