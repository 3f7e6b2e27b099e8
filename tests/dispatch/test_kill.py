"""kill -9 before every statement and in every write: topics hold what one undisturbed run would have said.

`CITYNERVE_KILLS=500` kills that many times.
"""

import multiprocessing
import os
import random
import shutil
import signal
import time

import pytest

from streams.log.file_log import FileLog
from tests.dispatch import child
from tests.dispatch.district import RETENTION, START, TOPICS, Clock, alert, closed, desk, dispatched, line, worked
from tests.dispatch.test_machine import without_clock

LIFE = 75  # steps from a start until all is delivered
KILLS = int(os.environ.get("CITYNERVE_KILLS", "60"))


@pytest.fixture(scope="module")
def forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.dispatch.child"])
    return context


def raised(dice: random.Random, number: int) -> dict[str, object]:
    values = {"site": dice.choice(["S1", "S9", None]), "count()": 3}
    name = dice.choice(["crowd", "stranger", "unrouted", "silent", "gone", "synthetic_incident"])
    return alert(name, number, severity=dice.choice(["critical", "high", "medium"]), values=values, key={"person": "p"})


@pytest.mark.slow
@pytest.mark.parametrize("at_random", [False, True])
def test_a_desk_that_is_killed_tells_what_an_undisturbed_one_would(forks, tmp_path, at_random):
    dice = random.Random(int(at_random))
    clock, number, killed = Clock(START), 0, 0
    alerts = FileLog(tmp_path / "log" / "alerts", clock, retention=RETENTION)
    for _ in range(KILLS // 2):
        clock.now += 20_000
        for _ in range(dice.randint(1, 4)):
            told = [raised(dice, number)]
            if told[0]["rule"] == "crowd" and dice.random() < 0.5:
                told.append({**told[0], "id": f"{number:032x}.1", "n": 1, "transition": "resolved"})
            number += 1
            alerts.append("", b"".join(map(line, told))).result()
        at = 10_000 if at_random else dice.randrange(LIFE)
        process = forks.Process(target=child.work, args=(tmp_path, clock.now, at), daemon=True)
        process.start()
        if at_random:
            time.sleep(dice.random() * 0.3)
        else:
            process.join(2)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    assert killed == KILLS // 2
    rest = desk(tmp_path, clock)
    worked(rest)
    counts = rest.state.counts()
    closed(rest)
    alerts.close()
    calm = tmp_path / "calm"
    shutil.copytree(tmp_path / "log" / "alerts", calm / "log" / "alerts")
    undisturbed = desk(calm, clock)
    worked(undisturbed)
    assert undisturbed.state.counts() == counts
    closed(undisturbed)
    assert sum(len(dispatched(calm, topic)) for topic in TOPICS) >= number // 2
    for topic in TOPICS:
        records = dispatched(tmp_path, topic)
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
        assert len({record["dispatch"] for record in records}) == len(records)
        assert without_clock(tmp_path, topic) == without_clock(calm, topic)
