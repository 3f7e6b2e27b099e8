"""What becomes of a person's profile: consent that ends or is withdrawn, ceilings, and what alerts say."""

import numpy as np
import pytest

from kernels.nulls import NULL
from tests.streams.small_log import DAY, HEAD, HOUR, MINUTE, Log, T, alerts_of, line, planned, shard_of, told

COLUMNS = "consent_until: time, ceiling_h: number h"
LIFE = HEAD.replace("since: time", f"since: time, {COLUMNS}").replace(
    "routes:", "scores: {life: {kernel: inactivity, out: direction == 'out'}}\nroutes:"
)
RULE = "r, from: gate, key: person, absence: {for: unusual, expect: elders}"
PLAN = planned(RULE, head=LIFE)
ALWAYS = T + 10_000 * DAY


def elders(*people, **columns):
    return [{"person": person, "consent_until": ALWAYS, **columns} for person in people or "p"]


def lived(days, *people):
    """Signs of so many days: from seven in the morning on every half hour until ten in the evening."""
    log = Log().control("epoch")
    for day in range(days):
        for half in range(31):
            at = day * DAY + 17 * HOUR + half * 30 * MINUTE
            log.events(*(line(at, f"{person}{day}.{half}", person=person) for person in people or "p"))
    return log


def last_sign(days):
    return (days - 1) * DAY + 32 * HOUR


def profile(shard):
    (pattern,) = shard.groups[0].ordered
    return pattern.state


def fed(log, *, shard=None, **sets):
    shard = shard or shard_of(PLAN, log, **sets)
    return shard, [alert for block in log.blocks for alert in shard.step(block)]


def test_a_silence_that_is_unusual_is_told_with_what_it_was_compared_with():
    log = lived(20).tick(21 * DAY)
    firing = alerts_of(PLAN, log, elders=elders())[-1]
    silence = firing.time - firing.since
    assert firing.transition == "firing" and firing.since == T + last_sign(20)
    assert 8.5 * HOUR < silence < 13 * HOUR  # the night is usual, the morning after it is not
    assert firing.values == {"life.silence": silence, "life.survival": 0.01, "life.alpha": 0.01}


def test_who_is_never_seen_or_has_not_consented_is_missed_after_the_ceiling():
    people = [*elders("p", "q", consent_until=None), *elders("r")]
    log = lived(3).tick(last_sign(3) + 49 * HOUR)
    found = {alert.key["person"]: alert for alert in alerts_of(PLAN, log, elders=people)}
    assert told([found["q"], found["r"]]) == [("firing", 48 * HOUR, 0)] * 2
    assert told([found["p"]]) == [("firing", last_sign(3) + 48 * HOUR, last_sign(3))]
    assert found["p"].values == {"life.silence": 48 * HOUR, "life.survival": None, "life.alpha": 0.01}
    shard, _ = fed(log, elders=people)
    assert not profile(shard)["cells"].any() and (profile(shard)["lasts"] == NULL).all()


def test_a_person_may_have_a_ceiling_of_their_own_but_no_later_one():
    people = [*elders("p", ceiling_h=12), *elders("q", ceiling_h=60), *elders("r", ceiling_h=-1)]
    found = alerts_of(PLAN, Log().control("epoch").tick(50 * HOUR), elders=people)
    assert {(alert.key["person"], alert.time - T) for alert in found} == {
        ("p", 12 * HOUR),
        ("q", 48 * HOUR),
        ("r", 48 * HOUR),
    }


def test_going_out_is_told_by_an_event_and_lasts_until_the_next():
    morning = last_sign(20) + 9 * HOUR

    def silence(**sign):
        log = lived(20).events(line(morning, "x", person="p", **sign)).tick(morning + 2 * DAY)
        return alerts_of(PLAN, log, elders=elders())[-1].values["life.silence"]

    assert silence(direction="in") == silence() < silence(direction="out") - HOUR


def test_a_profile_is_forgotten_when_the_consent_ends():
    ends = last_sign(20) + 2 * HOUR
    log = lived(20).tick(ends)
    shard, _ = fed(log, elders=elders(consent_until=T + ends + 1))
    assert profile(shard)["cells"].any()
    log = Log().tick(ends + 1)
    assert not fed(log, shard=shard)[1]
    assert not profile(shard)["cells"].any() and profile(shard)["lasts"].tolist() == [NULL]
    held = shard.snapshot()
    log = Log().tick(ends + 3 * DAY)
    assert told(fed(log, shard=shard)[1]) == [("firing", last_sign(20) + 48 * HOUR, last_sign(20))]
    never, _ = fed(lived(20).tick(ends + 1), elders=elders(consent_until=None))
    assert len(held) == len(never.snapshot())  # nothing of the person is left in it


def test_a_silence_that_was_unusual_before_the_consent_ended_fires_as_it_was():
    alone = alerts_of(PLAN, lived(20).tick(22 * DAY), elders=elders())[-1]
    (until,) = told([alone])[0][1:2]
    for later, fires in ((0, until), (-1, last_sign(20) + 48 * HOUR)):
        log = lived(20).tick(until - 2).tick(last_sign(20) + 3 * DAY)
        found = alerts_of(PLAN, log, elders=elders(consent_until=T + until + later))
        assert [alert.time - T for alert in found if alert.since == alone.since] == [fires]


def test_an_open_alert_still_says_how_long_the_silence_was_when_the_consent_has_ended():
    ends = last_sign(20) + 20 * HOUR
    log = lived(20).tick(ends + 1).events(line(ends + HOUR, "back", person="p")).tick(ends + 2 * HOUR)
    firing, end = alerts_of(PLAN, log, elders=elders(consent_until=T + ends))[-2:]
    assert (firing.transition, end.transition) == ("firing", "resolved")
    assert firing.values["life.survival"] == 0.01
    assert end.values == {**firing.values, "life.survival": None}


def test_a_late_sign_from_before_its_end_is_judged_without_a_profile():
    ends, late = last_sign(20) + 30 * HOUR, last_sign(20) + 5 * HOUR
    log = lived(20).tick(ends + HOUR).events(line(late, "late", person="p")).tick(late + 3 * DAY)
    found = alerts_of(PLAN, log, elders=elders(consent_until=T + ends))[-3:]
    assert [alert.transition for alert in found] == ["firing", "corrected", "firing"]
    assert found[2].time == T + late + 48 * HOUR
    assert found[2].values["life.survival"] is None


def test_a_consent_that_ends_soon_is_looked_at_when_it_does():
    people = [
        *elders("p", consent_until=T + 10 * MINUTE),
        *elders("q", consent_until=T + 13 * HOUR),
        *elders("r", ceiling_h=12),
    ]
    log = Log().control("epoch").events(line(0, "a", person="p"), line(0, "b", person="q"))
    shard, _ = fed(log.tick(10 * MINUTE - 1), elders=people)
    assert (profile(shard)["lasts"] != NULL).tolist() == [True, True, False]
    fed(Log().tick(10 * MINUTE), shard=shard)
    assert (profile(shard)["lasts"] != NULL).tolist() == [False, True, False]
    assert told(fed(Log().tick(12 * HOUR), shard=shard)[1])[-1] == ("firing", 12 * HOUR, 0)
    assert (profile(shard)["lasts"] != NULL).tolist() == [False, True, False]
    fed(Log().tick(13 * HOUR), shard=shard)
    assert (profile(shard)["lasts"] == NULL).all()


@pytest.mark.parametrize("withdrawn", [None, T + DAY])
def test_who_withdraws_is_forgotten_as_soon_as_the_set_says_so_and_nobody_else(withdrawn):
    log = lived(20, "p", "q").tick(last_sign(20) + HOUR)
    shard, _ = fed(log, elders=elders("p", "q"))
    held = shard.snapshot()
    again = shard_of(PLAN, log, elders=[*elders("q"), *elders("p", consent_until=withdrawn)])
    assert not again.restore(held)
    before, after = profile(shard), profile(again)
    assert not after["cells"][1].any() and after["lasts"][1] == NULL and after["silences"][1] == 48 * HOUR
    assert (after["cells"][0] == before["cells"][1]).all() and after["silences"][0] == before["silences"][1]
    assert len(again.snapshot()) < len(held) - after["cells"].nbytes // 2 + 64
    found = fed(Log().tick(25 * DAY), shard=again)[1]
    assert {alert.key["person"]: alert.time - alert.since for alert in found} == {
        "p": 48 * HOUR,
        "q": int(before["silences"][1]),
    }


def test_a_lower_ceiling_holds_for_the_silence_that_goes_on():
    log = lived(20)
    shard, _ = fed(log, elders=elders())
    again = shard_of(PLAN, log, elders=elders(ceiling_h=6))
    again.restore(shard.snapshot())
    found = fed(Log().tick(25 * DAY), shard=again)[1]
    assert told(found) == [("firing", last_sign(20) + 6 * HOUR, last_sign(20))]
    assert 0.01 < found[0].values["life.survival"] < 1


def test_an_outage_that_coverage_knows_teaches_no_silence():
    head = LIFE.replace("{site: id, person: id}", "{site: id, person: id, expected_s: number s}")
    plan = planned(RULE.replace("elders}", 'elders, unless: "coverage(elders.site) < 0.5"}'), head=head)
    sets = {
        "elders": elders(site="S1"),
        "devices": [{"device": "d", "site": "S1", "person": None, "expected_s": 1800}],
    }
    day = 86_400_000
    cells = {}
    for name, gap in (("seen", range(0)), ("dark", range(4, 16))):  # the device is dead for hours, and so is the person
        log = Log().control("epoch")
        for half in range(40):
            if half not in gap:
                log.events(line(half * 30 * MINUTE, f"e{half}", person="p", device="d", site="S1"))
        shard = shard_of(plan, log, **sets)
        for block in log.tick(day).blocks:
            shard.step(block)
        cells[name] = profile(shard)["cells"].copy()
    ends = cells["dark"].reshape(-1, 2)[:, 1].sum() - cells["seen"].reshape(-1, 2)[:, 1].sum()
    assert ends == 0 and np.any(cells["dark"] != cells["seen"])  # what was seen of it counts, its end does not


def test_signs_of_who_is_not_awaited_take_no_place():
    log = Log().control("epoch").events(*(line(i, f"{i}", person=person) for i, person in enumerate("pqrp")))
    shard, _ = fed(log, elders=elders("p"))
    assert len(shard.groups[0].buffer) == 2
