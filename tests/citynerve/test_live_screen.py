"""The live screen fits its terminal in both languages; where there is none the same is told in lines."""

import io
import time
from collections import Counter
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from citynerve import engine, text
from citynerve.live import View
from citynerve.live_screen import feed_said, picture, short, status
from citynerve.vitals import ChangeVitals, DamageVitals, DeskVitals, FeedMessages, FeedVitals, GroupVitals, Vitals
from citynerve.wiring import open_feeds
from streams.past import Files

TOPICS = ["fire", "police", "community", "hotline", "traffic", "property", "urban", "command", "flood"]
DESK = DeskVitals(True, 2, 5000, [(f"dispatch.{name}", 90 - at, 3 * (at == 0)) for at, name in enumerate(TOPICS)])
FEEDS = [FeedVitals(f"feed_{at}", 1240.2, at != 2, 0.2) for at in range(7)]
GROUPS = [GroupVitals(",".join(feed.name for feed in FEEDS), 734.2, 1), GroupVitals("feed_1", 2.3, 0)]
CHANGE = ChangeVitals(4000.0, ("upload", "slow"))
DAMAGE = DamageVitals({"events": 5000, "alerts": 300, "late": 20}, 10**6, 3, 1)
KINDS = [(f"kind_{at}", 1000.0 / (at + 1), 10**6) for at in range(14)]


@pytest.fixture(autouse=True)
def in_english():
    yield
    text.use("en")


@pytest.fixture(scope="module")
def seen(city):
    """Alerts of a city, the newest first, how they are put into words, and an engine's vitals."""
    ruleset = engine.Ruleset.load([], [], city / "reference")
    replay = ruleset.replay(Files(open_feeds([str(city / "events.ndjson")], time_max=2**62)))
    alerts = [alert for some in replay.run() for alert in some][::-1]
    now = alerts[0].time + 70_000
    vitals = Vitals(
        7512.0, 1_234_567, 4512.3, now, now, KINDS, FEEDS, GROUPS, 79 * 10**9, 500, 45 * 10**9, 12.0, 1.4, 10**10, DESK
    )
    return alerts, ruleset.lines, vitals


def drawn(seen, width, height, messages=("first", "second"), **changes):
    alerts, lines, vitals = seen
    console = Console(file=io.StringIO(), width=width, height=height)
    firings = Counter(alert.severity for alert in alerts if alert.transition == "firing")
    shown = picture(replace(vitals, **changes), firings, alerts, messages, lines, (width, height))
    console.print(shown)
    return console.file.getvalue().removesuffix("\n").split("\n")


@pytest.mark.parametrize("language", text.LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (109, 31), (110, 32), (120, 36), (200, 50)])
@pytest.mark.parametrize(
    "changes",
    [{}, {"share": 0.4}, {"damage": DAMAGE, "change": CHANGE}, {"desk": None, "feeds": [], "groups": [], "kinds": []}],
)
def test_it_is_as_wide_and_as_high_as_the_terminal(seen, language, width, height, changes):
    text.use(language)
    shown = drawn(seen, width, height, **changes)
    assert len(shown) <= height and max(map(cell_len, shown)) <= width
    assert len(shown) >= height - 3 or changes.get("desk", DESK) is None


def test_it_says_what_comes_in_what_is_behind_and_what_waits(seen):
    shown = "\n".join(drawn(seen, 200, 50))
    for words in (
        "1,234,567 events",
        "4,512/s",
        "running 2:05:12",
        "kind_0",
        "down feed_2",
        "12m blind 1",
        "79.0 GB durable, 45.0 GB kept",
        "500 B not judged yet",
        "snapshot 12s ago, restart 1.4 s",
        "5 kB of alerts not read yet",
        "3 records wait",
        "started 2 times",
        "fire 90 (3 wait)",
        "second",
    ):
        assert words in shown, words


def test_what_is_lost_stands_there_with_what_it_means_what_matters_most_first(seen):
    shown = drawn(seen, 200, 50, damage=DAMAGE)
    lost = [line for line in shown if line.startswith("lost")]
    assert len(lost) == 3 and "(+3 more)" in lost[2]
    assert "5 kB of the event log cannot be read: no rule saw these events, alerts may be missing" in lost[0]
    (line,) = (line for line in drawn(seen, 200, 50, damage=DamageVitals({}, refused=1)) if line.startswith("lost"))
    assert "1 snapshot could not be used" in line and "nothing is lost by that" in line
    text.use("zh")
    assert any("未经规则判断,可能漏报" in line for line in drawn(seen, 200, 50, damage=DAMAGE))
    assert not any(line.startswith("损坏") for line in drawn(seen, 200, 50))
    text.use("en")
    _, _, vitals = seen
    assert "5 kB of the event log cannot be read" in status(replace(vitals, damage=DAMAGE), Counter())


def test_a_change_that_waits_is_said_with_its_feeds(seen):
    assert any("a change has waited 67m for upload, slow" in line for line in drawn(seen, 80, 24, change=CHANGE))
    assert not any("a change has waited" in line for line in drawn(seen, 80, 24))
    _, _, vitals = seen
    assert "a change has waited 67m for upload, slow" in status(replace(vitals, change=CHANGE), Counter())


def test_alerts_stand_as_they_came_in_the_readers_language_with_place_and_age(seen):
    alerts, lines, _ = seen
    text.use("zh")
    shown = drawn(seen, 200, 50)
    first = next(at for at, line in enumerate(shown) if "距今" in line) + 1
    assert lines.title(alerts[0], "zh") in shown[first] and " 70s" in shown[first]
    assert (alerts[0].site or "") in shown[first]
    assert lines.title(alerts[1], "zh") in shown[first + 1]


def test_an_alert_of_a_rule_that_has_gone_has_its_name(seen):
    alerts, lines, vitals = seen
    gone = ([replace(alerts[0], rule="gone_rule"), *alerts[1:]], lines, vitals)
    assert any("gone_rule" in line for line in drawn(gone, 120, 36))


@pytest.mark.parametrize(("seconds", "words"), [(None, "–"), (0.25, "0.2s"), (70, "70s"), (700, "12m"), (9e5, "10d")])
def test_lengths_of_time_take_few_cells(seconds, words):
    assert short(seconds) == words


def test_without_a_terminal_alerts_and_numbers_are_lines(seen, capsys):
    alerts, lines, vitals = seen
    view = View(lines, Console(file=io.StringIO()))
    view.alerts(alerts[:2])
    view.tell("something")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2 and lines.title(alerts[0], "en") in out and err == "something\n"
    told = status(vitals, Counter(high=2))
    assert told == (
        "2:05:12 1,234,567 events, 4,512/s, behind 12m; alerts: high 2; feeds down: feed_2; "
        "not dispatched: 5 kB, 3 records"
    )


def test_on_a_terminal_nothing_but_the_screen_is_written(seen, capsys):
    alerts, lines, vitals = seen

    class Still:
        def look(self):
            return vitals

    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, _environ={"NO_COLOR": "1"})
    view = View(lines, console)
    with view.shown(Still()):
        view.alerts(alerts[:1])
        view.tell("something")
        end = time.monotonic() + 20
        while "something" not in console.file.getvalue() and time.monotonic() < end:
            time.sleep(0.02)
    screen = console.file.getvalue()
    assert capsys.readouterr() == ("", "")
    assert "something" in screen and lines.title(alerts[0], "en") in screen
    assert (
        "\x1b[?1049h" in screen and "\x1b[?1049l" in screen and "\x1b[31m" not in screen and "\x1b[1;31m" not in screen
    )


def test_a_feed_that_goes_down_or_comes_back_is_told_once():
    told = []
    messages = FeedMessages(told.append, feed_said)
    up, down, file = FeedVitals("a", 1.0, True, 0.0), FeedVitals("a", 0.0, False, 61.0), FeedVitals("b", 1.0, None, 0.0)
    for feed in (up, up, down, down, up):
        messages.look([feed, file])
    assert told == ["feed a is down: silent for longer than its pause (last event 61s ago)", "feed a is up again"]


def test_a_feed_that_was_never_down_is_not_up_again():
    told = []
    messages = FeedMessages(told.append, feed_said)
    silent, up = FeedVitals("a", 0.0, False, None), FeedVitals("a", 1.0, True, 0.0)
    for feed in (silent, up, silent, up):
        messages.look([feed])
    assert told[0] == "feed a is up" and told[2] == "feed a is up again"
