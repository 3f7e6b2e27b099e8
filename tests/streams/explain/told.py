"""Stories of events and alerts in small logs."""

from connectors.protocol import Source
from events.block import POSITION_BITS, Events
from rules.check import loads
from streams.control.references import References
from streams.explain.alert import AlertExplainer
from streams.explain.event import Explainer
from streams.explain.memory import Memory, Subject
from streams.past import Files
from tests.streams.small_log import CITY, HEAD, SCHEMAS


class Lines(Source):
    """A feed of lines, cut into blocks of `size`."""

    def __init__(self, lines, size=1000, number=0):
        self.feed = f"feed{number}"
        self._start = number << POSITION_BITS
        self._lines, self._blocks, position = {}, [], self._start
        for chunk in _batched(lines, size):
            data = b"".join(text + b"\n" for text in chunk)
            self._blocks.append(Events.of(data, feed=self.feed, position=position))
            for text in chunk:
                self._lines[position] = text
                position += len(text) + 1

    def next_block(self):
        return self._blocks.pop(0) if self._blocks else None

    def line(self, position):
        return self._lines[position]

    def close(self):
        pass


def _batched(lines, size):
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def subject_of(rule, head=HEAD, **sets):
    """Check one rule, written as the body of a flow mapping after its name."""
    severe = rule if "severity:" in rule else f"{rule}, severity: low"
    ruleset = loads({"r.yaml": f"{head}- {{rule: {severe}}}\n"}, SCHEMAS, CITY)
    return Subject(ruleset.rules[0], ruleset.plan.rules[0], ruleset.plan, References.of(ruleset.plan, sets, CITY), CITY)


def story_of(rule, id, *lines, size=1000, until=None, head=HEAD, **sets):
    """Return the story of an event."""
    memory = Memory(subject_of(rule, head, **sets), Files([Lines(list(lines), size)], until), [id])
    explainer = Explainer(memory, id)
    for _ in memory.run():
        explainer.follow()
    return explainer.story()


def alert_story_of(rule, n, *lines, size=1000, until=None, **sets):
    """Return the story of the nth transition of a rule's alerts."""
    subject = subject_of(rule, **sets)
    first = Memory(subject, Files([Lines(list(lines), size)], until), [])
    for _ in first.run():
        pass
    alert = first.alerts[n]
    memory = Memory(subject, Files([Lines(list(lines), size)], until), alert.evidence)
    explainer = AlertExplainer(memory, alert)
    for raised in memory.run():
        explainer.follow(raised)
    return explainer.story()
