import os
import signal
import subprocess
import sys
import time

import orjson
import pytest

from citynerve.cli.main import run
from streams.embedded.folder import log_folder
from streams.log.file_log import FileLog, Retention
from streams.log.reader import LogReader
from tests.dispatch.district import Clock, alert, line


def dispatched(data, topic):
    frames = LogReader(log_folder(data, topic)).read(0)
    return [orjson.loads(text) for frame in frames for text in bytes(frame.text).splitlines()]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_desk_dispatches_until_it_is_told_to_stop(tmp_path, lang):
    log = FileLog(log_folder(tmp_path, "alerts"), Clock(), retention=Retention(headroom_bytes=0))
    values = {"device": "s1", "metric": "smoke", "site": "S1"}
    smoke = alert("smoke", 1, severity="critical", key={"site": "S1", "device": "s1"}, values=values)
    log.append("", line(smoke)).result()
    log.close()
    command = [sys.executable, "-m", "citynerve", "desk", "--data", str(tmp_path), "--lang", lang]
    desk = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "CITYNERVE_TOKEN": "t"})
    end = time.monotonic() + 60
    while not any(each["rule"] == "smoke" for each in dispatched(tmp_path, "dispatch.fire")):
        assert desk.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    desk.send_signal(signal.SIGTERM)
    _, told = desk.communicate(timeout=30)
    assert desk.returncode == 0, told
    expected = {"en": "stopped: 2 firings", "zh": "已停止:累计派发 2 次告警"}
    assert expected[lang] in told
    record = next(each for each in dispatched(tmp_path, "dispatch.fire") if each["rule"] == "smoke")
    assert set(record["title"]) == {"zh", "en"} and record["route"] == "fire.brigade"
    assert any(each["rule"] == "watchdog" for each in dispatched(tmp_path, "dispatch.hotline"))


def test_a_folder_that_is_none_is_told_in_one_line(tmp_path, capsys):
    assert run(["desk", "--data", str(tmp_path), "--lang", "zh"]) == 1
    assert "不是引擎" in capsys.readouterr().err
