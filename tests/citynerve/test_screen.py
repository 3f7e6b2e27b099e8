import io
from dataclasses import replace

import pytest
from rich.console import Console

from citynerve import engine, text
from citynerve.screen import ROWS_A_RULE, Board
from citynerve.truth import read_truth, tallies
from citynerve.wiring import open_feeds
from rules import message
from streams.past import Files


@pytest.fixture(scope="module")
def board(city):
    ruleset = engine.Ruleset.load([], [], city / "reference")
    replay = ruleset.replay(Files(open_feeds([str(city / "events.ndjson")], time_max=2**62)))
    board = Board(ruleset.lines)
    for alerts in replay.run():
        board.add(alerts)
    board.events, board.time, board.seconds = replay.summary.events, replay.time, 0.5
    return board


@pytest.fixture
def picture(board, city):
    def draw(language, width, with_truth=True):
        text.use(language)
        truth = tallies(read_truth(city / "truth.csv"), board.firings) if with_truth else None
        console = Console(file=io.StringIO(), width=width, force_terminal=False)
        console.print(board.picture(width, truth))
        text.use("en")
        return console.file.getvalue()

    return draw


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("language", text.LANGUAGES)
def test_the_screen_fits_its_width_in_both_languages(picture, language, width):
    from rich.cells import cell_len

    assert max(map(cell_len, picture(language, width).splitlines())) <= width


def test_it_says_how_many_events_how_fast_and_how_many_alerts(picture, board):
    shown = picture("en", 120)
    assert f"{board.events:,} events" in shown and f"{board.events * 2:,} events/s" in shown
    assert "critical" in shown and "found / planted" in shown


def test_city_time_is_the_last_event_whether_or_not_it_raised_anything(picture, board):
    assert f"city time {message.time(board.time, board.lines.plan)[:-3]}" in picture("en", 120)
    assert board.time > max(alert.order for alert in board.firings)


def test_every_rule_has_a_row_with_its_title_in_the_readers_language(picture, board):
    shown = picture("zh", 120)
    assert all(rule.rule in shown for rule in board.lines.plan.rules)
    assert "烟雾报警" in shown and "Smoke alarm" not in shown


@pytest.mark.parametrize("width", [40, 59, 60, 79, 80])
def test_a_narrow_screen_has_fewer_columns_and_whole_words(picture, board, width):
    shown = picture("en", width)
    assert all(rule.rule in shown for rule in board.lines.plan.rules) and "…" not in shown
    top = [line.split() for line in picture("en", width, with_truth=False).splitlines()]
    words = {word for alert in board.firings for word in board.lines.title(alert, "en").split()}
    assert words & {"Smoke", "Gas"} <= {word for line in top for word in line}
    assert ("found / planted" in shown) and ("besides\n" in shown.replace(" ", "")) == (width >= 60)


@pytest.mark.parametrize(("language", "words"), [("en", "... and 50 more"), ("zh", "还有 50 条")])
def test_how_many_alerts_are_left_out_is_told(board, language, words):
    text.use(language)
    console = Console(file=io.StringIO(), width=100)
    for more in (0, 50):
        busy = Board(board.lines)
        busy.add([board.firings[0], replace(board.firings[0], alert="second")])
        busy.add(replace(board.firings[0], alert=f"more-{number}") for number in range(more))
        console.print(busy.picture(100))
        assert (words in console.file.getvalue()) == bool(more)
    text.use("en")


@pytest.mark.parametrize(("count", "words"), [(1, "1 event "), (2, "2 events ")])
def test_one_event_is_an_event(board, count, words):
    console = Console(file=io.StringIO(), width=80)
    console.print(Board(board.lines, events=count).picture(80))
    assert words in console.file.getvalue()


def test_one_busy_rule_does_not_hide_the_others(board):
    busy = Board(board.lines)
    busy.add(board.firings)
    busy.add(replace(board.firings[0], alert=f"more-{number}") for number in range(50))
    chosen = [alert.rule for alert in busy._chosen(100)]
    assert max(map(chosen.count, chosen)) <= ROWS_A_RULE
    assert set(chosen) == {alert.rule for alert in board.firings}


def test_the_most_severe_come_first_and_the_ended_last(board):
    ended = [
        board._latest[alert.alert].transition not in ("firing", "raised", "lowered") for alert in board._chosen(100)
    ]
    assert ended == sorted(ended) and True in ended
    ranks = [["critical", "high", "medium", "low"].index(alert.severity) for alert in board._chosen(100)]
    live = ranks[: ended.index(True)]
    assert live == sorted(live)


def test_before_the_first_alert_the_screen_says_so(board):
    console = Console(file=io.StringIO(), width=80)
    console.print(Board(board.lines).picture(80))
    assert "no alert yet" in console.file.getvalue()
