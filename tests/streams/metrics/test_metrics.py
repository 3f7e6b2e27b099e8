"""What is counted can be read, by names that Prometheus likes, and health says why it is bad."""

import re
import shutil
import subprocess
import time

import orjson
import pytest

from tests.streams.metrics.running import RULES, running

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")
SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)


def busy(one):
    """Post something of everything: alerts, rubbish, a wrong token's worth of refusals, and wait for all of it."""
    now = int(time.time() * 1000)
    fine = b"".join(b'{"kind":"gate","time":%d,"device":"g","id":"%d"}\n' % (now + i, i) for i in range(5))
    assert one.post("gate", fine) == 202
    assert one.post("sensor", b'{"kind":"sensor","time":%d,"device":"s","value":7}\n' % now) == 202
    assert one.post("gate", b'{"kind":"gate"}\n' + fine.replace(b'"g"', b'"h"')) == 400
    assert one.post("nothing", b"") == 404
    one.settle()
    one.process.engine.flush()


def samples(text):
    found = {}
    for match in SAMPLE.finditer(text):
        found[match["name"], match["labels"] or ""] = float(match["value"])
    return found


def test_what_happened_can_be_read(tmp_path):
    with running(tmp_path) as one:
        busy(one)
        found = samples(one.get("/metrics")[1])
    assert found["citynerve_source_events_received_total", 'feed="city"'] == 11
    assert found["citynerve_source_events_rejected_total", 'feed="city",reason="missing_time"'] == 1
    assert found["citynerve_alerts_total", 'rule="smoke",severity="high",transition="firing"'] == 1
    assert found["citynerve_alert_latency_seconds_count", 'severity="high"'] == 1
    assert found["citynerve_alert_event_latency_seconds_count", 'severity="high"'] == 1
    assert found["citynerve_rule_evaluations_total", 'rule="crowd"'] == 10
    assert found["citynerve_rule_evaluations_total", 'rule="smoke"'] == 1
    assert found["citynerve_rule_matches_total", 'rule="smoke"'] == 1
    assert found["citynerve_alerts_active", 'severity="high"'] == 0
    assert found["citynerve_source_oldest_unprocessed_age_seconds", 'feed="city"'] >= 0
    kernels = [
        found["citynerve_kernel_compile_duration_seconds_count", f'cached="{each}"'] for each in ("true", "false")
    ]
    assert sum(kernels) > 20
    assert found["citynerve_http_requests_total", 'method="POST",route="/ingest/{kind}",status_class="2xx"'] == 2
    assert found["citynerve_ready", ""] == 1
    assert found["citynerve_log_fsync_duration_seconds_count", ""] > 0
    assert found["citynerve_rules_loaded", 'status="live"'] == 2
    assert found["citynerve_source_up", 'feed="city"'] == 1
    assert found["citynerve_batch_events_count", ""] >= 1
    assert found["citynerve_event_time_skew_seconds_bucket", 'feed="city",le="+Inf"'] >= 1
    assert found["citynerve_state_keys", 'table="crowd"'] >= 0
    assert found["citynerve_state_bytes", 'table="crowd"'] > 0
    assert found["citynerve_clock_leap_seconds", ""] == found["citynerve_log_received_ahead_seconds", ""] == 0
    assert found["citynerve_log_damaged_bytes", 'log="events"'] == found["citynerve_lost_lines_total", ""] == 0


@needs_promtool
def test_promtool_has_nothing_to_say(tmp_path):
    with running(tmp_path) as one:
        busy(one)
        one.process.engine.snapshot()
        text = one.get("/metrics")[1]
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")


def test_rules_beyond_a_number_share_a_label(tmp_path):
    head, rule, _ = RULES.partition("- {rule: smoke")[0], RULES.partition("- {rule: crowd")[0].split("rules:\n")[1], 0
    many = head + "".join(rule.replace("rule: smoke", f"rule: smoke_{i:03}") for i in range(502))
    with running(tmp_path, rules=many) as one:
        busy(one)
        found = samples(one.get("/metrics")[1])
    assert found["citynerve_alerts_total", 'rule="other",severity="high",transition="firing"'] == 2
    assert len([key for key in found if key[0] == "citynerve_alerts_total"]) == 501


def test_ready_says_why_not_in_both_languages(tmp_path):
    with running(tmp_path) as one:
        assert one.get("/readyz") == (200, '{"ok":true,"reasons":[]}\n')
        assert one.get("/healthz")[0] == 200
        assert one.get("/other")[0] == 404
        one.process.ready.clear()
        status, text = one.get("/readyz")
        (reason,) = orjson.loads(text)["reasons"]
        assert (status, reason["code"]) == (503, "not_running") and reason["zh"] and reason["en"]
        assert one.get("/healthz")[0] == 200, "it lives"


def test_a_full_disk_and_failing_snapshots_are_said(tmp_path):
    with running(tmp_path, headroom_bytes=1 << 62) as one:
        busy(one)
        one.disk.full = True
        one.process.engine.shards[0].epoch = one.process.engine.shards[0].epoch or 1
        one.process.engine.snapshot()
        codes = [reason["code"] for reason in orjson.loads(one.get("/readyz")[1])["reasons"]]
        assert codes == ["disk_full", "snapshots_fail"]
        assert samples(one.get("/metrics")[1])["citynerve_snapshots_total", 'result="failure"'] == 1
        one.disk.full = False


def test_an_engine_that_does_not_move_is_to_be_restarted(tmp_path):
    with running(tmp_path) as one:
        one.process._beat = lambda: None
        one.process.beat -= 100
        assert orjson.loads(one.get("/healthz")[1])["reasons"][0]["code"] == "stuck"
        assert one.get("/readyz")[0] == 503


@needs_prometheus
def test_prometheus_scrapes_it(tmp_path):
    with running(tmp_path) as one:
        busy(one)
        config = tmp_path / "prometheus.yml"
        targets = f"static_configs: [{{targets: ['127.0.0.1:{one.metrics.port}']}}]"
        config.write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: citynerve, {targets}}}]\n")
        address = f"127.0.0.1:{free_port()}"
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"]
        scraper = subprocess.Popen(
            [*command, f"--web.listen-address={address}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            found = asked(address, 'citynerve_alerts_total{rule="smoke"}')
        finally:
            scraper.terminate()
            scraper.wait(20)
    assert found["metric"]["severity"] == "high" and found["value"][1] == "1"


def free_port():
    import socket

    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return link.getsockname()[1]


def asked(address, query):
    """Return the first result of a query, as soon as there is one."""
    import urllib.error
    import urllib.parse
    import urllib.request

    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            url = f"http://{address}/api/v1/query?query={urllib.parse.quote(query)}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                if result := orjson.loads(answer.read())["data"]["result"]:
                    return result[0]
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.3)
    raise AssertionError("it was not scraped within a minute")
