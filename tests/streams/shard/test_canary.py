"""A canary: live where it says, a shadow elsewhere."""

from tests.streams.small_log import HOUR, SECOND, Log, alerts_of, line, planned


def modes(plan, *lines, **more):
    log = Log().events(*lines).control("epoch", 0).control("end", 100 * HOUR)
    return [(alert.key, alert.transition, alert.mode) for alert in alerts_of(plan, log, **more)]


def test_alerts_are_live_where_the_canary_is_true_and_shadows_where_it_is_false_or_unknown():
    plan = planned("r, from: gate, key: [site, device], canary: site == 'S1'")
    told = modes(plan, *(line(0, str(site), site=site, device="d") for site in ("S1", "S2", None)))
    assert {(key["site"], mode) for key, _, mode in told} == {("S1", "live"), ("S2", "shadow"), (None, "shadow")}


def test_an_episode_is_live_or_a_shadow_from_its_beginning_to_its_end():
    plan = planned("r, from: gate, key: person, absence: {for: 1h}, canary: person == 'p'")
    seen = [line(at, f"{at}{who}", person=who) for at in (0, 2 * HOUR) for who in ("p", "q")]
    told = modes(plan, *seen)
    assert {(key["person"], mode) for key, _, mode in told} == {("p", "live"), ("q", "shadow")}
    assert {transition for _, transition, _ in told} == {"firing", "resolved"}


def test_a_canary_may_ask_for_a_label_and_each_rule_of_a_family_for_its_own():
    plan = planned(
        *(
            f"r{i}, from: gate, when: device == 'd{i}', key: [site, device], cooldown: 1s, "
            f"labels: {{district: '${{site}}'}}, canary: label.district == 'S{i}'"
            for i in range(2)
        )
    )
    lines = [line(i * SECOND, f"e{i}{site}", site=site, device=f"d{i}") for i in range(2) for site in ("S0", "S1")]
    told = {(key["site"], key["device"]): mode for key, _, mode in modes(plan, *lines)}
    assert told == {
        ("S0", "d0"): "live",
        ("S1", "d0"): "shadow",
        ("S0", "d1"): "shadow",
        ("S1", "d1"): "live",
    }
