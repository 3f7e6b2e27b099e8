"""An engine's folder with rules and sets, and what publishes there; a stand-in takes every edition at once."""

import time
from concurrent.futures import Future

from citynerve.publishing import Publishing
from events.schema import Schemas
from streams.control.activation import Activation
from streams.disk import Disk

RULES = """\
version: 1
timezone: Asia/Shanghai
sets: {devices: {key: device, columns: {limit: number}}}
rules:
- rule: crowd
  from: sensor
  when: value > devices.limit
  key: device
  severity: low
  message: {zh: "${device}", en: "at ${device}"}
- rule: smoke
  from: sensor
  when: metric == 'smoke'
  severity: high
"""
CONFIGURATION = """\
version: 1
data: data
rules: [rules]
reference: reference
feeds: {}
"""
ROWS = "device,limit\n" + "".join(f"d{i},3\n" for i in range(10))
WAIT_S = 60


class Place:
    """A configured engine that has been started once; `change` writes its rules anew."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.rules, self.reference = folder / "rules" / "r.yaml", folder / "reference"
        self.rules.parent.mkdir()
        self.reference.mkdir()
        self.rules.write_text(RULES, encoding="utf-8")
        self.rows(ROWS)
        self.configuration = folder / "citynerve.yaml"
        self.configuration.write_text(CONFIGURATION, encoding="utf-8")
        self.told, self.taken, self.at = [], [], 1_764_000_000_000
        self.publishing = self.in_force = self.refuses = self.pending = None
        self.muted, self.mutes = frozenset(), []
        self.holds, self.held = False, []  # whether editions wait to be taken, and those that do

    def rows(self, text):
        (self.reference / "devices.csv").write_text(text, encoding="utf-8")

    def change(self, *changes):
        text = RULES
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.rules.write_text(text, encoding="utf-8")

    def open(self, *, watch=True):
        """Start what publishes."""
        self.publishing = Publishing(
            self.data,
            [self.rules.parent],
            self.reference,
            Schemas.load(),
            watch=watch,
            disk=Disk(),
        )
        self.in_force = self.in_force or self.publishing.first()
        self.publishing.start(self, self.told.append)
        return self.publishing

    @property
    def coming(self):
        return Activation(self.in_force.version, self.at + len(self.taken), 50)

    def mute(self, rules, *, silent):
        self.mutes.append((sorted(rules), silent))
        self.muted = self.muted | rules if silent else self.muted - rules

    @property
    def stray(self):
        return self.muted & {rule.rule for rule in self.in_force.plan.rules if rule.mode != "disabled"}

    def publish(self, edition):
        told = Future()
        if self.refuses is not None:
            told.set_exception(self.refuses)
            return told
        if self.holds:
            self.held.append((edition, told))
            return told
        return self.take(edition, told)

    def take(self, edition, told):
        """Have an edition take effect."""
        self.in_force = edition
        self.taken.append(edition.version)
        told.set_result(Activation(edition.version, self.at + len(self.taken), 50))
        return told

    def close(self):
        if self.publishing is not None:
            self.publishing.close()
            self.publishing = None

    @property
    def entries(self):
        return self.publishing.journal.entries

    def until(self, holds):
        """Wait until something holds."""
        end = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end, self.told
            time.sleep(0.02)
