"""A rule, its residents, and a night of events, as files."""

RULES = """\
version: 1
timezone: Asia/Shanghai
calendars: {night: "22:00-06:00"}
sets:
  residents: {key: [site, person]}
routes: [desk]
let:
  stranger: missing(person) or (site, person) not in residents
rules:
- rule: strangers
  from: gate
  when: subject == 'person' and direction == 'in' and stranger
  active: night
  key: [site, device]
  except:
  - {when: device == 'g9', reason: repairs, until: 2026-12-31}
  window: 10m
  threshold: count() >= 2
  severity: {high: count() >= 5, medium: default}
  title: {zh: 陌生人, en: Strangers}
  message: {zh: "${device} ${count} 人", en: "${count} at ${device}"}
"""
HEAD = '"kind":"gate","site":"S1","subject":"person"'
EVENTS = [
    f'{{{HEAD},"id":"a","time":"2026-03-02T23:00:00+08:00","device":"g1","direction":"in"}}',
    f'{{{HEAD},"id":"b","time":"2026-03-02T23:00:40+08:00","device":"g1","direction":"in"}}',
    f'{{{HEAD},"id":"c","time":"2026-03-02T23:00:50+08:00","device":"g1","direction":"out"}}',
    f'{{{HEAD},"id":"d","time":"2026-03-02T23:01:50+08:00","device":"g1","direction":"in"}}',
    f'{{{HEAD},"id":"e","time":"2026-03-02T23:02:50+08:00","device":"g2","direction":"in","person":"p-li"}}',
    f'{{{HEAD},"id":"f\\u001b[31m","time":"2026-03-02T23:03:00+08:00","device":"g9","direction":"in"}}',
]


def written(folder):
    """Write the files; return the arguments that name them."""
    (folder / "r.yaml").write_text(RULES)
    (folder / "e.ndjson").write_text("".join(f"{line}\n" for line in EVENTS))
    (folder / "sets").mkdir()
    (folder / "sets" / "residents.csv").write_text("site,person\nS1,p-li\n")
    return ["--rules", folder / "r.yaml", "--reference", folder / "sets", "--events", folder / "e.ndjson"]


UNANSWERED = """\
version: 1
timezone: Asia/Shanghai
routes: [desk]
rules:
- rule: unanswered
  severity: high
  key: device
  sequence:
  - {first: gate, when: direction == 'in'}
  - {not: gate, when: direction == 'out', within: 5m}
- rule: through
  severity: low
  key: device
  sequence:
  - {first: gate, when: direction == 'in'}
  - {then: gate, when: direction == 'out', within: 5m}
"""
ALARMS = [
    '{"kind":"gate","id":"a1","time":"2026-03-02T23:00:00+08:00","device":"g1","direction":"in"}',
    '{"kind":"gate","id":"a2","time":"2026-03-02T23:01:00+08:00","device":"g1","direction":"out"}',
    '{"kind":"gate","id":"a3","time":"2026-03-02T23:10:00+08:00","device":"g1","direction":"in"}',
    '{"kind":"gate","id":"a4","time":"2026-03-02T23:20:00+08:00","device":"g1","direction":"in"}',
]


def alarms(folder):
    """Write rules for alarms, answered and not, and four events; return the arguments that name them."""
    (folder / "alarms.yaml").write_text(UNANSWERED)
    (folder / "alarms.ndjson").write_text("".join(f"{line}\n" for line in ALARMS))
    return ["--rules", folder / "alarms.yaml", "--events", folder / "alarms.ndjson"]
