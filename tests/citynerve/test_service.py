"""The engine of a configuration: events are posted, killed or stopped it goes on, alerts are told."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from citynerve import configuration
from citynerve.service import recovered
from connectors.http import tokens
from events.place import Problems
from events.schema import Schemas
from streams.embedded.folder import log_folder
from streams.embedded.recovery import Recovery
from streams.log.reader import LogReader
from tests.connectors.http.signed import needs_openssl, signed

ROOT = Path(__file__).parents[2]
TOKEN = tokens.propose()
FILE = """\
version: 1
data: data
rules: [rules.yaml]
feeds:
  sensors: {{token: {digest}, kinds: [sensor], lateness: 1s, priority: safety}}
http: {{port: 0}}
metrics: {{port: 0}}
log: {{keep: 1d, headroom_mib: 1, zstd: 3}}
"""
RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [fire]
rules:
- rule: smoke
  title: {zh: 烟雾, en: Smoke}
  purpose: public_safety
  from: sensor
  when: metric == 'smoke'
  key: device
  severity: high
  route: fire
  message: {zh: "${device}", en: "at ${device}"}
"""
INCIDENT = """\
- rule: synthetic_incident
  title: {zh: 链路自检, en: Synthetic}
  purpose: operations
  from: synthetic
  key: device
  cooldown: 0s
  severity: low
  route: fire
  message: {zh: "${device}", en: "of ${device}"}
"""


@pytest.fixture
def city(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "citynerve.yaml").write_text(FILE.format(digest=tokens.digest(TOKEN)), encoding="utf-8")
    return tmp_path


class Running:
    def __init__(self, city):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "citynerve", "--lang", "en", "run", "--config", str(city / "citynerve.yaml")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told = []
        while "/ingest/" not in (line := self.process.stderr.readline()):
            assert line, self.told
            self.told.append(line)
        self.address = line.split()[-1].replace("KIND", "sensor")

    def post(self, *devices, trusted=None):
        now = time.time_ns() // 1_000_000
        lines = [{"id": d, "kind": "sensor", "time": now, "device": d, "metric": "smoke", "value": 1} for d in devices]
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        request = urllib.request.Request(self.address, body, {"Authorization": f"Bearer {TOKEN}"})
        context = ssl.create_default_context(cafile=trusted) if trusted else None
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            assert answer.status == 202

    def end(self, how):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=40)
        return self.process.returncode, out, err


def alerts(city):
    return [
        line
        for frame in LogReader(log_folder(city / "data", "alerts")).read(0)
        for line in bytes(frame.text).splitlines()
    ]


def test_what_is_posted_raises_alerts_over_stops_and_kills(city):
    first = Running(city)
    first.post("d1", "d2")
    metrics = next(line.split()[-1] for line in first.told if "metrics at" in line)
    assert "citynerve_ready 1.0" in urllib.request.urlopen(metrics, timeout=10).read().decode()
    assert json.load(urllib.request.urlopen(metrics.replace("metrics", "readyz"), timeout=10))["ok"]
    code, out, err = first.end(signal.SIGTERM)
    assert code == 0 and "everything acknowledged is safe" in err
    assert "smoke firing Smoke: at d1" in out and "at d2" in out
    second = Running(city)
    second.post("d3")
    assert second.end(signal.SIGKILL)[0] == -signal.SIGKILL
    third = Running(city)
    assert any("went on from log position" in line for line in third.told)
    third.post("d4")
    code, _, _ = third.end(signal.SIGINT)
    assert code == 0
    assert sorted(json.loads(line)["key"]["device"] for line in alerts(city)) == ["d1", "d2", "d3", "d4"]


@needs_openssl
def test_it_speaks_tls_with_senders_and_its_own_desk(city):
    certificate, key = signed(city)
    text = (city / "citynerve.yaml").read_text("utf-8")
    tls = f"{{port: 0, tls: {{certificate: {certificate.name}, key: {key.name}}}}}"
    (city / "citynerve.yaml").write_text(text.replace("http: {port: 0}", f"http: {tls}"), encoding="utf-8")
    (city / "rules.yaml").write_text(RULES + INCIDENT, encoding="utf-8")
    running = Running(city)
    assert running.address.startswith("https://")
    running.post("d1", trusted=certificate)
    end = time.monotonic() + 60
    while len(alerts(city)) < 2:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert running.end(signal.SIGTERM)[0] == 0
    assert {json.loads(line)["rule"] for line in alerts(city)} == {"smoke", "synthetic_incident"}


def test_two_cannot_run_on_one_folder(city):
    running = Running(city)
    second = subprocess.run(
        [sys.executable, "-m", "citynerve", "--lang", "en", "run", "--config", str(city / "citynerve.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    running.end(signal.SIGTERM)
    assert second.returncode == 1 and "another process" in second.stderr


def test_ten_signals_under_load_stop_it_once_and_in_order(city):
    running = Running(city)
    running.post(*(f"d{i}" for i in range(200)))
    os.kill(running.process.pid, signal.SIGTERM)
    code, _, _ = running.end(signal.SIGTERM)
    assert code in (0, -signal.SIGTERM)
    again = Running(city)
    assert again.end(signal.SIGTERM)[0] == 0
    assert len(alerts(city)) == 200


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("version: 2\nfeeds: {}\n", (1, 10), "version"),
        ("version: 1\n", (1, 1), "feeds"),
        ("version: 1\nfeeds: {a: {token: abc}}\n", (2, 20), "SHA-256"),
        ("version: 1\nfeeds: {a: {token: abc, kind: gate}}\n", (2, 25), "kinds"),
        ("version: 1\nfeeds: {}\nlog: {keep: 7 days}\n", (3, 13), "7d"),
        ("version: 1\nfeeds: {}\nshard: 2\n", (3, 1), "shards"),
        ("", (1, 1), "empty"),
    ],
)
def test_errors_have_their_places(tmp_path, text, place, word):
    path = tmp_path / "citynerve.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problems) as raised:
        configuration.read(path, Schemas.load(), {})
    found = {(p.place.line, p.place.column): f"{p.en} {p.advice_en}" for p in raised.value.problems}
    assert word in found[place]


def test_a_start_says_what_is_wrong_with_what_it_found():
    assert recovered(Recovery()) == ["the log is empty: this is a first start"]
    found = Recovery(
        position=7,
        refused=["a.snapshot: torn"],
        skipped=5,
        missing=2,
        damage=["b.log: byte 3: ... damaged"],
        ahead_ms=20_000,
    )
    told = "\n".join(recovered(found))
    assert len(recovered(found)) == 6
    for each in ("a.snapshot: torn", "b.log: byte 3", "20 s", "2 lines", "a fault", "from log position 7"):
        assert each in told


def test_a_feed_that_was_given_another_name_is_no_fault():
    told = "\n".join(recovered(Recovery(bytes_read=9, left=["gates"], changed=["gates", "entrances"], missing=1)))
    assert "not declared any more: gates" in told and "give back the old name" in told
    assert "declared otherwise than before: entrances" in told
    assert "1 line that had been written" in told and "fault" not in told


def test_a_feed_may_be_silent_as_long_as_it_says(tmp_path):
    path = tmp_path / "citynerve.yaml"
    text = "version: 1\nfeeds: {a: {token: %s, pause: 10m}, b: {token: %s}}\n"
    path.write_text(text % ("1" * 64, "2" * 64), encoding="utf-8")
    senders = configuration.read(path, Schemas.load(), {}).senders
    assert (senders.pause_s("a"), senders.pause_s("b")) == (600.0, 60.0)
