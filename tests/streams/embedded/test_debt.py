"""What a restart would cost is told by what no snapshot covers."""

import time

from pytest import approx

from streams.disk import Disk
from streams.embedded.debt import Debt
from tests.properties.small_city import START
from tests.simulation.clock import VirtualClock
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import opened

LATE = 20_000


def test_steps_add_up_and_what_is_common_counts_once():
    debt = Debt(2)
    debt.add(1.0, [0.2, 0.5])
    debt.add(1.0, [0.2, 0.1])
    assert debt.seconds == approx(2.0)
    assert debt.largest == 1
    debt.paid(1)
    assert debt.seconds == approx(1.0 + 0.4), "the other shard needs all that is common still"
    debt.paid(0)
    assert debt.seconds == 0.0


def test_lines_of_late_events_are_a_part_of_it(tmp_path):
    engine, _ = opened(ruleset(0), tmp_path, VirtualClock(START), Disk(), 1)
    log = engine.logs.events
    engine.take([log.append("a", b'{"kind":"gate","id":"new","time":%d,"site":"S1"}\n' % START).result()])
    line = b'{"kind":"gate","id":"%d","time":%d,"site":"S1"}\n'
    late = log.append("a", b"".join(line % (number, START - 600_000) for number in range(LATE))).result()
    before, began = engine.debt.seconds, time.thread_time()
    engine.take([late])
    spent = time.thread_time() - began
    assert sum(engine.counts.late.values()) == LATE
    assert engine.debt.seconds - before > 0.8 * spent
    engine.close()
