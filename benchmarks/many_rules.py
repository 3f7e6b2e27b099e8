"""A thousand rules: 25 templates, each with 40 constants or places; and a thousand that have nothing in common.

Every template has a conjunct that an index can find members by: a place (`site == ...`, `device == ...`) or a limit
(`speed_kmh > ...`). The arbitrary ones have their comparison within an `or`, where no index looks, and their numbers
of comparisons differ, so that no two make a family of more than a few.
"""

from collections.abc import Callable, Iterator

from benchmarks.events import plate

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  residents: {key: [site, person]}
  roads: {key: site, columns: {free_kmh: number km/h}}
calendars:
  night: "22:00-06:00"
routes: [desk]
rules:
"""

GATE = ("gate", "[site, device]")
PERSON = ("gate", "person")
CAMERA = ("camera", "device")
ROAD = ("traffic", "site")
CAR = ("traffic", "plate")

Template = tuple[tuple[str, str], Callable[[int], str], str]  # kind and key, condition of member i, pattern

TEMPLATES: tuple[Template, ...] = (
    (
        GATE,
        lambda i: f"site == 's-{i:04d}' and (site, person) not in residents",
        "window: 10m, threshold: count() >= 3",
    ),
    (
        GATE,
        lambda i: f"site == 's-{40 + i:04d}' and direction == 'in' and night",
        "window: 10m, threshold: count() >= 4",
    ),
    (GATE, lambda i: f"device == 'gate-{i:04d}-1' and match_score < 0.5", "window: 30m, threshold: count() >= 2"),
    (GATE, lambda i: f"device == 'gate-{i:04d}-2' and subject == 'vehicle'", "cooldown: 10m"),
    (PERSON, lambda i: f"site == 's-{80 + i:04d}' and direction == 'out'", "window: 5m, threshold: count() >= 3"),
    (PERSON, lambda i: f"person == 'p-{i:07d}'", "window: 1h, threshold: count() >= 2"),
    (PERSON, lambda i: f"match_score < {0.01 + i / 10_000:.4f}", "window: 10m, threshold: count() >= 2"),
    (GATE, lambda i: f"site == 's-{120 + i:04d}' and missing(person)", "window: 1h tumbling, threshold: count() >= 5"),
    (CAMERA, lambda i: f"device == 'cam-{i:04d}-01' and label == 'person'", "window: 1m, threshold: count() >= 5"),
    (CAMERA, lambda i: f"device == 'cam-{i:04d}-02' and label == 'object' and confidence > 0.9", "cooldown: 5m"),
    (CAMERA, lambda i: f"site == 's-{160 + i:04d}' and label == 'animal'", "window: 10m, threshold: count() >= 3"),
    (CAMERA, lambda i: f"site == 's-{200 + i:04d}' and x > 50 and y > 50", "window: 5m, threshold: count() >= 4"),
    (CAMERA, lambda i: f"confidence > {0.999 + i / 100_000:.5f}", "window: 5m, threshold: count() >= 3"),
    (CAMERA, lambda i: f"x > {99.8 + i / 1000:.3f} and label == 'vehicle'", "cooldown: 1m"),
    (CAMERA, lambda i: f"site == 's-{240 + i:04d}' and night", "window: 5m tumbling, threshold: count() >= 20"),
    (ROAD, lambda i: f"site == 'r-{i:04d}' and speed_kmh < 10", "window: 5m, threshold: count() >= 10"),
    (ROAD, lambda i: f"site == 'r-{40 + i:04d}' and speed_kmh > limit_kmh", "window: 5m, threshold: count() >= 5"),
    (
        ROAD,
        lambda i: f"device == 'det-{i:04d}-1' and speed_kmh < 0.4 * roads.free_kmh",
        "window: 5m, threshold: count() >= 5",
    ),
    (ROAD, lambda i: f"device == 'det-{i:04d}-2' and lane == 1", "window: 1m, threshold: count() >= 8"),
    (CAR, lambda i: f"plate == '{plate(i)}'", "cooldown: 10m"),
    (CAR, lambda i: f"plate == '{plate(100 + i)}' and speed_kmh > limit_kmh", "window: 10m, threshold: count() >= 2"),
    (CAR, lambda i: f"speed_kmh > {140 + i / 4:.2f}", "window: 10m, threshold: count() >= 2"),
    (CAR, lambda i: f"speed_kmh > {150 + i / 4:.2f} and limit_kmh <= 60", "cooldown: 10m"),
    (ROAD, lambda i: f"site == 'r-{80 + i:04d}' and night", "window: 15m tumbling, threshold: count() >= 50"),
    (
        CAR,
        lambda i: f"site == 'r-{120 + i:04d}' and speed_kmh > limit_kmh * 1.2",
        "window: 10m, threshold: count() >= 3",
    ),
)


def templates(of_each: int, number: int = len(TEMPLATES)) -> str:
    """Return a rule file with the first `number` templates, `of_each` rules of each."""
    return HEAD + "".join(
        _rule(f"t{t:02d}_{i:02d}", *shape, condition(i), pattern)
        for t, (shape, condition, pattern) in enumerate(TEMPLATES[:number])
        for i in range(of_each)
    )


def arbitrary(rules: int) -> str:
    """Return a rule file whose rules an index cannot help and of which only a few are alike."""
    return HEAD + "".join(_arbitrary(rules))


def _arbitrary(rules: int) -> Iterator[str]:
    fields = (
        ("gate", "device", "match_score", 0.001),
        ("camera", "device", "y", 0.05),
        ("traffic", "plate", "speed_kmh", 0.5),
    )
    for i in range(rules):
        kind, key, field, step = fields[i % len(fields)]
        terms = [f"{field} < {step * (k + 1):g}" for k in range(1 + i // len(fields) % 8)]
        yield _rule(
            f"a{i:04d}",
            kind,
            key,
            f"({' or '.join(terms)}) and id != '{i}'",
            f"window: {1 + i}s, threshold: count() >= 3",
        )


def _rule(name: str, kind: str, key: str, condition: str, pattern: str) -> str:
    return (
        f'- {{rule: {name}, from: {kind}, when: "{condition}", key: {key}, {pattern}, severity: low, route: desk, '
        "purpose: public_safety}\n"
    )
