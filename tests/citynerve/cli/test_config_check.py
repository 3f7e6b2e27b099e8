"""A configuration is checked as rules are; the environment takes the place of its values, and each says where from."""

import json
import re
from pathlib import Path

import pytest

from citynerve.configuration_environment import variables
from citynerve.configuration_keys import FEED
from tests.connectors.http.signed import needs_openssl, signed

DIGEST = "a" * 64
FILE = f"""\
version: 1
data: kept
feeds:
  gates: {{token: {DIGEST}, kinds: [gate], lateness: 5s}}
log: {{keep: 3d}}
"""
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "citynerve.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def values(told):
    return {each["key"]: (each["value"], each["from"]) for each in json.loads(told.out)["settings"]}


@pytest.mark.parametrize("page", ["running.md", "running.zh-CN.md"])
def test_the_documented_example_passes(citynerve, tmp_path, page):
    [text] = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "citynerve.yaml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "reference").mkdir()
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "r.yaml").touch()
    told = citynerve("config", "check", path)
    assert told.code == 0 and "log.keep\t7d" in told.out and told.err == ""
    for variable in variables():
        assert variable in (DOCS / page).read_text(encoding="utf-8"), variable


def test_each_value_says_where_it_is_from(citynerve, path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_LOG_KEEP", "30d")
    monkeypatch.setenv("CITYNERVE_RULES", "a.yaml, b")
    for name in ("a.yaml", "b/r.yaml"):
        (path.parent / name).parent.mkdir(exist_ok=True)
        (path.parent / name).touch()
    monkeypatch.setenv("CITYNERVE_SHARDS", "")
    found = values(citynerve("config", "check", path, "--format", "json"))
    assert found["data"] == (str(path.parent / "kept"), f"{path}:2")
    assert found["log.keep"] == ("30d", "$CITYNERVE_LOG_KEEP")
    assert found["rules"] == (f"{path.parent / 'a.yaml'}, {path.parent / 'b'}", "$CITYNERVE_RULES")
    assert found["shards"] == ("1", None) and found["http.port"] == ("8080", None)
    assert found["feeds.gates.lateness"] == ("5s", f"{path}:4") and found["feeds.gates.priority"] == ("normal", None)


def test_what_is_not_there_is_told_with_what_is(citynerve, path):
    (path.parent / "rules").mkdir()
    (path.parent / "kept").touch()
    path.write_text(f"{FILE}rules: [rulse]\nreference: sets\n", encoding="utf-8")
    told = citynerve("config", "check", path)
    assert (
        told.code == 1
        and f"{path}:6:8: error[C005]" in told.out
        and f"did you mean {path.parent / 'rules'}?" in told.out
    )
    assert f"{path}:7:12: error[C005]" in told.out and f"{path}:2:7: error[C005]" in told.out and "3 errors" in told.out
    path.write_text(FILE.replace("kept", "data") + "rules: rules\n", encoding="utf-8")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "holds no rule file" in told.out


def test_secrets_are_never_printed(citynerve, path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_SECRET", "open-sesame")
    for format in ("text", "json"):
        told = citynerve("config", "check", path, "--format", format)
        assert told.code == 0 and "open-sesame" not in told.out and DIGEST not in told.out
        assert "CITYNERVE_SECRET" in told.out and "1 × SHA-256" in told.out


def test_all_errors_are_told_in_one_run_with_carets_and_what_was_meant(citynerve, path, monkeypatch):
    path.write_text(FILE.replace("keep:", "kepe:").replace("[gate]", "[gait]"), encoding="utf-8")
    monkeypatch.setenv("CITYNERVE_HTTP_PORT", "99999")
    monkeypatch.setenv("CITYNERVE_LOG_ZSTD", "much")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "4 errors" in told.out
    assert f"{path}:4:{FILE.splitlines()[3].index('gate]') + 1}: error[E008]" in told.out and "gate" in told.out
    assert f"{path}:5:7: error[E002]" in told.out and "keep" in told.out
    assert "$CITYNERVE_HTTP_PORT:1:1: error[E030]" in told.out and "99999\n" in told.out and "^^^^^" in told.out
    assert "$CITYNERVE_LOG_ZSTD:1:1: error[E015]" in told.out
    told = citynerve("config", "check", path, "--format", "github")
    assert told.code == 1 and f"::error file={path},line=5" in told.out
    found = json.loads(citynerve("config", "check", path, "--format", "json").out)
    assert found["errors"] == 4 and found["settings"] == []


def test_a_variable_that_stands_for_nothing_is_told(citynerve, path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_LOG_KEPT", "1d")
    monkeypatch.setenv("CITYNERVE_PORT", "tcp://10.0.0.1")  # as clusters set it
    told = citynerve("config", "check", path)
    assert told.code == 0 and "did you mean CITYNERVE_LOG_KEEP?" in told.err and "CITYNERVE_PORT" not in told.err


def test_two_servers_on_one_port_are_an_error(citynerve, path, monkeypatch):
    monkeypatch.setenv("CITYNERVE_METRICS_PORT", "8080")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "$CITYNERVE_METRICS_PORT:1:1: error[C003]" in told.out


def test_a_file_that_is_missing_is_told(citynerve, tmp_path):
    told = citynerve("config", "check", tmp_path / "none.yaml")
    assert told.code == 1 and "Y030" in told.out


def test_feeds_have_no_variables():
    assert not {key for _, key in variables().values()} & set(FEED)


@needs_openssl
def test_a_certificate_is_looked_at(citynerve, path, tmp_path, monkeypatch):
    certificate, key = signed(tmp_path)
    path.write_text(FILE + "http: {port: 0, tls: {certificate: localhost.pem, key: localhost.key.pem}}\n", "utf-8")
    found = values(citynerve("config", "check", path, "--format", "json"))
    assert found["http.tls.certificate"] == (str(certificate), f"{path}:6") and found["http.tls.key"][0] == str(key)
    key.unlink()
    told = citynerve("config", "check", path)
    assert told.code == 1 and f"{path}:6:" in told.out and "error[C004]" in told.out and "no such file" in told.out
    path.write_text(FILE + "http: {tls: {certificate: localhost.pem}}\n", encoding="utf-8")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "`http.tls` lacks" in told.out and "key: tls/key.pem" in told.out
    monkeypatch.setenv("CITYNERVE_HTTP_TLS_KEY", "localhost.pem")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "$CITYNERVE_HTTP_TLS_KEY:1" in told.out and "no private key" in told.out


def test_commits_wait_for_a_second_at_most(citynerve, path):
    path.write_text(FILE.replace("keep: 3d", "commit_wait: 20ms, commit_mib: 2"), encoding="utf-8")
    found = values(citynerve("config", "check", path, "--format", "json"))
    assert found["log.commit_wait"] == ("20ms", f"{path}:5") and found["log.commit_mib"] == ("2", f"{path}:5")
    path.write_text(FILE.replace("keep: 3d", "commit_wait: 2s, commit_mib: 0"), encoding="utf-8")
    told = citynerve("config", "check", path)
    assert told.code == 1 and "2 errors" in told.out and "commit_wait" in told.out and "commit_mib" in told.out
