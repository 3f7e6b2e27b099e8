"""Every check of the doctor can be seen to fail, and an engine in good health has nothing wrong."""

import json
import shutil
import socket
import sqlite3
from contextlib import closing

import pytest

from citynerve.doctor.examine import CHECKS, examine
from citynerve.doctor.machine import Machine
from citynerve.located import located
from dispatch.state import State
from streams.embedded.folder import SNAPSHOTS, log_folder
from streams.log.file_log import FileLog
from streams.log.reader import LogReader

GIB = 1 << 30
FILE = """\
version: 1
data: data
rules: [rules.yaml]
feeds: {{gates: {{token: {digest}}}}}
http: {{port: {http}}}
metrics: {{port: 0}}
log: {{keep: 1d}}
"""
RULES = """\
version: 1
timezone: Asia/Shanghai
rules:
- {rule: burst, title: t, from: gate, key: device, window: 10m, threshold: count() >= 3, purpose: operations,
   severity: low, message: m}
"""


class Sound(Machine):
    """A machine in good health."""

    def free(self, folder):
        return 100 * GIB

    def sync_s(self, folder):
        return 0.001

    def file_system(self, folder):
        return "ext4"

    def jump_ms(self):
        return 0.0

    def is_synchronised(self):
        return True

    def is_warm(self):
        return True

    def mode(self, path):
        return 0o750


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_SECRET", "s")
    (tmp_path / "citynerve.yaml").write_text(FILE.format(digest="a" * 64, http=free_port()), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path / "citynerve.yaml"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    from citynerve.cli.main import run

    folder = tmp_path_factory.mktemp("ran") / "run"
    assert run(["run", "--events", "5000", "--folder", str(folder)]) == 0
    return folder


def found(path, machine=None):
    """Return what was found as (level, check), with what was said."""
    return {
        (each.level, each.check): f"{each.said['en']} → {each.advice}" for each in examine(path, machine or Sound())
    }


def test_an_engine_in_good_health_has_nothing_wrong(path):
    told = found(path)
    assert {level for level, _ in told} == {"fine"} and len(told) >= len(CHECKS)


def test_a_run_is_looked_at_with_its_logs_and_snapshots(citynerve, ran, monkeypatch):
    told = found(ran)
    assert ("fine", "log") in told and ("fine", "snapshots") in told
    assert "explain" in told["warning", "keep"]
    for name in ("free", "sync_s", "file_system", "jump_ms", "is_synchronised", "mode"):
        monkeypatch.setattr(Machine, name, getattr(Sound, name))
    said = citynerve("doctor", "--data", ran, "--lang", "zh")
    assert said.code == 0 and "0 个问题" in said.out and "规则变更只能看到仍保留的日志" in said.out
    document = json.loads(citynerve("doctor", "--data", ran, "--format", "json").out)
    assert document["wrong"] == 0 and document["findings"][0]["check"] == "configuration"


@pytest.mark.parametrize(
    ("name", "answer", "level", "check", "word"),
    [
        ("free", 1 << 20, "wrong", "disk", "headroom"),
        ("sync_s", 0.2, "warning", "disk", "200 ms"),
        ("file_system", "tmpfs", "wrong", "disk", "in memory"),
        ("file_system", "nfs4", "warning", "disk", "nfs4"),
        ("now_ms", 1_500_000_000_000, "wrong", "clock", "years behind"),
        ("jump_ms", -3000.0, "warning", "clock", "-3000 ms"),
        ("is_synchronised", False, "warning", "clock", "follows no other"),
        ("is_synchronised", None, "fine", "clock", "nobody says"),
        ("is_warm", False, "warning", "kernels", "citynerve warm"),
        ("may_write", False, "wrong", "permissions", "may not be written"),
        ("refusal", OSError(98, "Address already in use"), "wrong", "ports", "Address already in use"),
    ],
)
def test_what_is_wrong_with_the_machine_is_found(path, name, answer, level, check, word):
    machine = type("Broken", (Sound,), {name: lambda self, *_: answer})()
    assert word in found(path, machine)[level, check]


def test_kernels_that_can_be_put_nowhere_are_wrong(path):
    machine = type("Broken", (Sound,), {"is_warm": lambda self: False, "may_write": lambda self, _: False})()
    assert "CITYNERVE_CACHE" in found(path, machine)["wrong", "kernels"]


def test_a_disk_that_fails_is_wrong(path):
    class Failing(Sound):
        def sync_s(self, folder):
            raise OSError(5, "Input/output error")

    assert "the disk reports an error" in found(path, Failing())["wrong", "disk"]


def test_a_folder_that_all_may_read_is_told(path):
    located(path).data.mkdir()
    machine = type("Open", (Sound,), {"mode": lambda self, _: 0o755})()
    assert "everybody" in found(path, machine)["warning", "permissions"]


def test_a_port_that_is_taken_is_told_but_not_of_the_engine_itself(path):
    settings = located(path).settings
    with socket.socket() as taken:
        taken.bind(settings.http)
        taken.listen()
        assert "http cannot listen" in found(path)["wrong", "ports"]
        log = FileLog(log_folder(settings.data, "events"), lambda: 0)
        told = found(path)
        log.close()
        assert ("wrong", "ports") not in told and "the engine runs" in told["fine", "ports"]


def test_errors_of_the_configuration_are_told(path, citynerve):
    path.write_text(path.read_text(encoding="utf-8").replace("keep:", "kepe:"), encoding="utf-8")
    assert "E002" in found(path)["wrong", "configuration"]
    assert citynerve("doctor", "--data", path).code == 1


def test_what_is_no_engine_is_told(tmp_path):
    assert "is no engine" in found(tmp_path)["wrong", "configuration"]


def test_a_city_without_a_secret_is_told(path, monkeypatch):
    monkeypatch.delenv("CITYNERVE_SECRET")
    assert "CITYNERVE_SECRET" in found(path)["warning", "secret"]


def test_rules_with_errors_are_told(path):
    (path.parent / "rules.yaml").write_text(RULES.replace("count()", "cuont()"), encoding="utf-8")
    assert "rules.yaml:" in found(path)["wrong", "rules"]


def test_a_set_without_a_file_is_told(path):
    sets = "sets: {elders: {key: person, columns: {name: text}}}\nrules:"
    text = RULES.replace("rules:", sets).replace("key: device,", "key: device, when: person in elders,")
    text = text.replace("operations", "public_safety")  # which may read who it was
    (path.parent / "rules.yaml").write_text(text, encoding="utf-8")
    told = found(path)
    assert "elders" in told["wrong", "reference"]


def test_a_memory_that_is_longer_than_what_is_kept_is_told(path):
    (path.parent / "rules.yaml").write_text(RULES.replace("10m", "3d"), encoding="utf-8")
    assert "keep: 3d" in found(path)["warning", "keep"]


def test_damage_in_logs_and_snapshots_is_told(ran, tmp_path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_SECRET", "s")
    folder = tmp_path / "run"
    shutil.copytree(ran, folder)
    (log,) = log_folder(folder / "data", "events").glob("*.log")
    whole = log.read_bytes()
    log.write_bytes(whole[:60] + b"x" + whole[61:])
    paths = sorted((folder / "data" / SNAPSHOTS).glob("*.snapshot"))
    paths[-1].write_bytes(b"none")
    told = found(folder)
    assert "are damaged" in told["warning", "log"]
    if len(paths) > 1:
        assert "damaged" in told["warning", "snapshots"]
    for each in paths:
        each.write_bytes(b"none")
    assert "reads the whole log again" in found(folder)["wrong", "snapshots"]


def test_alerts_that_reach_nobody_are_wrong(ran, tmp_path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_SECRET", "s")
    folder = tmp_path / "run"
    shutil.copytree(ran, folder)
    memory = folder / "data" / "desk" / "desk.db"
    state = State(memory.parent)
    with state.transaction() as database:
        state.set_number("position", LogReader(log_folder(folder / "data", "alerts")).end)
        state.set_number("minute", Machine().now_ms() // 60_000)
        database.execute("INSERT OR IGNORE INTO topics VALUES ('dispatch.fire', 1, 0)")
    state.close()
    assert "none waits" in found(folder)["fine", "desk"]
    with closing(sqlite3.connect(memory)) as database, database:
        database.execute("INSERT INTO outbox VALUES ('dispatch.fire', 1000, 'x', '{}')")
    assert "1 record waits for dispatch.fire" in found(folder)["warning", "desk"]
    log = FileLog(log_folder(folder / "data", "alerts"), lambda: 1)
    log.append("", b"{}\n").result()
    log.close()
    later = type("Later", (Sound,), {"now_ms": lambda self: Machine.now_ms(self) + 600_000})()
    assert "3 bytes of alerts are not dispatched" in found(folder, later)["wrong", "desk"]
    assert ("wrong", "desk") not in found(folder)  # while it is at work they are on their way
    memory.write_bytes(b"damaged" * 1000)
    assert "cannot be read" in found(folder)["wrong", "desk"]
    shutil.rmtree(memory.parent)
    assert "nobody is told" in found(folder)["warning", "desk"]


def test_a_clock_behind_the_log_is_wrong(ran):
    machine = type("Behind", (Sound,), {"now_ms": lambda self: 1_780_000_000_000})()
    assert "the clock is behind the log" in found(ran, machine)["wrong", "clock"]


def test_a_log_that_cannot_be_read_is_wrong(ran, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("streams.log.survey.mapped", refuse)
    assert "permission denied" in found(ran)["wrong", "log"]


def test_the_machine_itself_answers(tmp_path):
    machine = Machine()
    assert machine.free(tmp_path) > 0 and machine.sync_s(tmp_path) > 0 and machine.file_system(tmp_path)
    assert abs(machine.jump_ms()) < 5000 and machine.is_synchronised() in (True, False, None)
    assert machine.refusal("127.0.0.1", 0) is None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert machine.refusal(*taken.getsockname()) is not None
