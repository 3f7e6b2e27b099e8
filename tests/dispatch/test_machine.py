"""The desk as a state machine: in whatever order things happen, each topic reads what one undisturbed run would say."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streams.log.file_log import FileLog
from tests.dispatch.district import RETENTION, TOPICS, Clock, alert, closed, desk, dispatched, line, worked
from tests.streams.log.lossy_disk import LossyDisk

ENDS = ("resolved", "expired", "corrected")


class Flaky(LossyDisk):
    """Fails whenever it is told to, and works again."""

    failing = 0

    def sync(self, descriptor):
        if self.failing:
            self.failing -= 1
            self._fail()
        super().sync(descriptor)


class DeskMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.clock, self.disk = Clock(), Flaky()
        self.alerts = FileLog(self.folder / "log" / "alerts", self.clock, retention=RETENTION)
        self.raised: list[dict] = []
        self.open: dict[int, int] = {}
        self.desk = desk(self.folder, self.clock, self.disk)

    @rule(severity=st.sampled_from(["critical", "high", "medium"]), site=st.sampled_from(["S1", "S9", None]))
    def crowd(self, severity, site):
        number = len(self.raised)
        self.open[number] = 0
        self._raise(alert("crowd", number, severity=severity, values={"site": site, "count()": 3}))

    @rule(number=st.integers(0, 20), ends=st.booleans(), severity=st.sampled_from(["high", "medium"]))
    def go_on(self, number, ends, severity):
        if number not in self.open:
            return
        self.open[number] += 1
        transition = ENDS[number % 3] if ends else "raised"
        values = {"site": "S1", "count()": 3}
        self._raise(alert("crowd", number, self.open[number], transition=transition, severity=severity, values=values))
        if ends:
            del self.open[number]

    @rule(name=st.sampled_from(["stranger", "unrouted", "silent", "gone", "synthetic_incident"]), live=st.booleans())
    def point(self, name, live):
        key = {"site": "S1", "person": "p"} if name != "unrouted" else {"device": "d"}
        self._raise(alert(name, len(self.raised), key=key, mode="live" if live else "shadow"))

    def _raise(self, told):
        self.raised.append(told)
        self.alerts.append("", line(told)).result()

    @rule()
    def step(self):
        self.desk.step()

    @rule()
    def deliver(self):
        self.desk.outbox.deliver()

    @rule(failing=st.integers(1, 3))
    def fail(self, failing):
        self.disk.failing = failing

    @rule(ms=st.sampled_from([1, 30_000, 60_000, 200_000]))
    def tick(self, ms):
        self.clock.now += ms
        self.desk.tick(incidents=True)

    @rule()
    def start_again(self):
        self.disk.failing = 0
        closed(self.desk)
        self.desk = desk(self.folder, self.clock, self.disk)

    @invariant()
    def lines_are_numbered(self):
        for topic in TOPICS if hasattr(self, "folder") else ():
            numbers = [record["seq"] for record in dispatched(self.folder, topic)]
            assert numbers == list(range(1, len(numbers) + 1))

    def teardown(self):
        if not hasattr(self, "folder"):
            return
        self.disk.failing = 0
        worked(self.desk)
        closed(self.desk)
        self.alerts.close()
        calm = self.folder / "calm"
        (calm / "log").mkdir(parents=True)
        shutil.copytree(self.folder / "log" / "alerts", calm / "log" / "alerts")
        undisturbed = desk(calm, Clock())
        worked(undisturbed)
        assert undisturbed.state.counts() == self._counts()
        closed(undisturbed)
        for topic in TOPICS:
            assert without_clock(self.folder, topic) == without_clock(calm, topic)
        shutil.rmtree(self.folder)

    def _counts(self):
        again = desk(self.folder, self.clock)
        counts = again.state.counts()
        closed(again)
        return counts


def without_clock(folder, topic):
    """What stands in a topic, but for watchdogs and what people's clock says."""
    records = []
    for record in dispatched(folder, topic):
        if record["rule"] != "watchdog":
            record["envelope"].pop("dispatched")
            record.pop("seq")
            records.append(record)
    return records


TestDeskMachine = DeskMachine.TestCase
TestDeskMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
