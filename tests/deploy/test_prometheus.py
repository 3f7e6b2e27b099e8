"""What is shipped for operators asks for metrics that there are, and each alert is tried."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.streams.metrics.running import running
from tests.streams.metrics.test_metrics import busy

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS, TRIED = DEPLOY / "prometheus" / "alerts.yaml", DEPLOY / "prometheus" / "alerts.test.yaml"
NAME = re.compile(r"\b(?:citynerve|process)_[a-z_]+")


@pytest.fixture(scope="module")
def exposition(tmp_path_factory):
    with running(tmp_path_factory.mktemp("running")) as one:
        busy(one)
        one.process.engine.shards[0].epoch = one.process.engine.shards[0].epoch or 1
        one.process.engine.snapshot()
        return one.get("/metrics")[1]


def names(exposition):
    """Return all names of series, of families without one as well."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", exposition, re.MULTILINE):
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


def panels():
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"], dashboard


def rules():
    (group,) = YAML(typ="safe").load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


def test_alerts_and_panels_ask_for_metrics_that_there_are(exposition):
    known = names(exposition)
    for rule in rules():
        assert set(NAME.findall(rule["expr"])) <= known, rule["alert"]
    for panel in panels()[0]:
        for target in panel["targets"]:
            asked = set(NAME.findall(target["expr"]))
            assert asked and asked <= known, panel["title"]


def test_each_metric_is_on_the_dashboard(exposition):
    asked = set(NAME.findall(json.dumps(panels()[1])))
    families = {name for name, _ in re.findall(r"^# TYPE (citynerve_\w+) (\w+)$", exposition, re.MULTILINE)}
    assert {name for name in families if not any(each.startswith(name) for each in asked)} == set()


def test_panels_have_a_place_of_their_own_and_titles_in_both_languages():
    found, dashboard = panels()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert all(re.search(r"[a-z].* / .*[\u4e00-\u9fff]", panel["title"]) for panel in found)


def test_alerts_are_told_in_both_languages_with_what_to_do():
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "summary_zh", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert " / " in rule["annotations"]["action"]


def test_each_alert_is_tried():
    text = TRIED.read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules() if rule["alert"] not in text] == []


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "command",
    [["check", "rules", ALERTS.name], ["test", "rules", TRIED.name], ["check", "config", "prometheus.yaml"]],
    ids=" ".join,
)
def test_promtool_is_content(command):
    done = subprocess.run(["promtool", *command], cwd=ALERTS.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["metrics.md", "metrics.zh-CN.md"])
def test_the_page_has_every_metric_with_its_labels_and_no_other(exposition, page):
    told = {}
    for line in (DEPLOY.parent / "docs" / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            metrics, kind, labels, _ = (cell.strip() for cell in line.strip("|").split("|"))
            for name in re.findall(r"`(\w+)`", metrics):
                told[f"citynerve_{name}"] = kind, set(filter(None, labels.split(", ")))
    kinds = dict(re.findall(r"^# TYPE (citynerve_\w+) (\w+)$", exposition, re.MULTILINE))
    assert {name: kind for name, (kind, _) in told.items()} == kinds
    for name, labels in re.findall(r"^(citynerve_\w+)\{(.*)\} ", exposition, re.MULTILINE):
        family = name if name in told else name.rsplit("_", 1)[0]
        assert set(re.findall(r"(\w+)=", labels)) - {"le"} == told[family][1], name
