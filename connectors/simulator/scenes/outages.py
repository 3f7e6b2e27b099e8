"""Devices that go offline. The rule: nothing heard of a device for a while."""

from connectors.simulator.city import HEARTBEAT_MS
from connectors.simulator.devices import Outage, heartbeat_times
from connectors.simulator.rhythm import HOUR_MS
from connectors.simulator.scenes.script import MINUTE_MS, Script, clock

_RULE = "device_offline"
SILENCE_MS = 30 * MINUTE_MS
_PLACE = 1  # the second smoke detector of a community: it sends nothing but heartbeats


def stage(script: Script) -> None:
    """Plant outages of two to four hours, and such as are over in time."""
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        begin = script.moment(2, 20, 5 * HOUR_MS)
        outage = _outage(script, community, begin, int(script.generator.integers(2, 5)) * HOUR_MS)
        heard = heartbeat_times(script.city, outage.device, script.start, begin - 2 * HEARTBEAT_MS, begin)
        if not len(heard):
            continue
        script.outages.append(outage)
        last = int(heard[-1])
        device = script.city.device_name("s", community, _PLACE)
        script.expect(
            _RULE, last + SILENCE_MS, script.city.site_name(community), {"device": device}, f"last heard {clock(last)}"
        )
    for community in near_misses.tolist():
        if community not in incidents:
            begin = script.moment(2, 20, 5 * HOUR_MS)
            script.outages.append(_outage(script, community, begin, HEARTBEAT_MS))  # one heartbeat is missing


def _outage(script: Script, community: int, begin: int, length_ms: int) -> Outage:
    return Outage(int(script.city.device("s", community, _PLACE)), begin, begin + length_ms)
