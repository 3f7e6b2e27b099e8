"""A simulated city that goes on living, through the engine and the desk, until it is stopped."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from citynerve import config, engine
from citynerve.cli.failure import Failure
from citynerve.desk_process import DeskProcess, arguments
from citynerve.desk_watch import DeskWatch
from citynerve.live import Stop, View
from citynerve.run_folder import REFERENCE, claim, empty_data
from citynerve.text import say
from citynerve.vitals import Observer, Vitals
from connectors.simulator import START, LivingCity, SimulationError
from rules.check import Ruleset as Loaded
from streams.embedded.folder import open_engine, wall_clock
from streams.embedded.process import Input, Process
from streams.time.watermark import Feed

FEED = "city"
MORNING_MS = 7 * 3_600_000  # of its first day, at which a city that is not of today begins


def paced(speed: float, now_s: Callable[[], float] = time.monotonic) -> Callable[[], int]:
    """Return the clock of a city that lives so many times as fast as people, from its first morning on."""
    began = now_s()
    return lambda: START + MORNING_MS + int((now_s() - began) * speed * 1000)


def live_on(
    events: int, seed: int, folder: Path, rules: Sequence[Path], speed: float | None, console: Console
) -> Vitals:
    """Run a city until it is stopped; return what it had come to.

    Parameters
    ----------
    events
        of three days of it
    speed
        how many times as fast as the clock; None: at its pace, today

    Raises
    ------
    Failure, Problems
        the numbers do not go together; errors in the rules
    """
    loaded = engine.load_rules(rules, [])
    claim(folder)
    for left in ("events.ndjson", "alerts.ndjson", "summary.json"):  # of a run that has ended: its log has them now
        (folder / left).unlink(missing_ok=True)
    clock = wall_clock if speed is None else paced(speed)
    try:
        city = LivingCity(FEED, events, seed, folder / "truth.csv", folder / REFERENCE, clock)
    except SimulationError as error:
        raise Failure(say(en=error.en, zh=error.zh)) from error
    return _run(city, loaded, folder, rules, console, of_today=speed is None)


def _run(
    city: LivingCity, loaded: Loaded, folder: Path, rules: Sequence[Path], console: Console, *, of_today: bool
) -> Vitals:
    ruleset = engine.Ruleset.joined(loaded, folder / REFERENCE)
    engine.tell(ruleset.problems)
    view, data = View(ruleset.lines, console), empty_data(folder)
    opened, inbox = open_engine(data, ruleset.edition, [Feed(FEED)], config.city(), on_alerts=view.alerts)
    # A tick says what time it is by people's clock, which a city of another day must not be told.
    connected = {FEED: city.is_current} if of_today else None
    process = Process(opened, inbox, [Input(city)], connected=connected)
    desk = DeskProcess(arguments(data, rules, folder / REFERENCE), view.tell)
    watch = DeskWatch(data, opened, desk)
    observer = Observer(process, data, watch, connected={FEED: lambda: True}, simulated=not of_today)
    stop = Stop(process)
    desk.start()
    watch.start()
    try:
        with view.shown(observer):
            process.run()
            desk.stop(stop.until, watch.is_done)
    finally:
        desk.stop(time.monotonic(), lambda: True)
        watch.stop()
    return observer.look()
