import os
import subprocess
import sys
from hashlib import sha256

import pytest

from citynerve.cli import failure, main

COMMANDS = [
    [],
    ["run"],
    ["simulate"],
    ["replay"],
    ["desk"],
    ["rules"],
    ["rules", "check"],
    ["rules", "test"],
    ["token"],
    ["warm"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words) or "citynerve")
def test_every_command_has_help_in_both_languages(citynerve, command):
    english, chinese = (citynerve("--lang", language, *command, "--help") for language in ("en", "zh"))
    assert english.code == chinese.code == 0
    assert english.out.startswith("Usage: citynerve") and "Options" in english.out
    assert chinese.out.startswith("用法: citynerve") and "选项" in chinese.out
    assert not any("\u4e00" <= character <= "\u9fff" for character in english.out)


@pytest.mark.parametrize("command", [["replay"], ["rules", "check"], ["simulate"], ["run"], []])
def test_help_documents_the_exit_codes(citynerve, command):
    assert failure.EXIT_CODES["en"].split(";")[0] in " ".join(citynerve(*command, "--help").out.split())


def test_help_is_shown_without_numba_numpy_or_rich():
    """They take a second to import, and help must be there at once."""
    code = (
        "import sys; from citynerve.cli.main import run; run(['--help']); run(['replay', '--help']);"
        "sys.exit(bool({'numba', 'numpy', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_token_is_told_once_with_the_hash_that_is_kept(citynerve):
    first, second = (citynerve("token").out.split() for _ in range(2))
    assert first[1] == sha256(first[0].encode()).hexdigest() and first[0] != second[0]


def test_the_version_is_the_distributions(citynerve):
    from importlib.metadata import version

    assert citynerve("--version").out == f"citynerve {version('citynerve')}\n"


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["replay"], "EVENTS", "缺少 EVENTS"),
        (["--debug"], "Missing command", "缺少命令"),
        (["simulate", "--evnts", "5"], "--events", "没有选项 --evnts,是否想写 --events?"),
        (["replya"], "replay", "没有命令 replya,是否想写 replay?"),
        (["replay", "x", "--shards", "0"], "from 1 to 256", "--shards 的值无效: 应为整数,从 1 起,至 256 止"),
        (["replay", "x", "--shards", "x"], "--shards wants a whole number", "--shards 的值无效: 应为整数"),
        (["run", "--events", "0"], "from 1", "--events 的值无效: 应为整数,从 1 起"),
        (["replay", "x", "--shards"], "--shards", "选项 --shards 后面缺少值"),
        (["run", "--progress=1"], "--progress", "选项 --progress 不带值"),
        (["run", "extra", "more"], "extra more", "多余的参数: extra more"),
        (["run", "--lang", "fr"], "fr", "--lang 的值无效: 应为 zh 或 en"),
        (["replay", "x", "--until", "2026-11-23T08:00:00"], "+08:00", "不是带时区的时间"),
    ],
)
def test_wrong_usage_is_explained_in_the_readers_language_with_exit_code_2(citynerve, arguments, english, chinese):
    told = citynerve(*arguments)
    assert told.code == failure.USAGE and told.err.startswith("error: ") and english in told.err
    assert "--help" in told.err
    told = citynerve("--lang", "zh", *arguments)
    assert told.code == failure.USAGE and told.err.startswith("错误: ") and chinese in told.err


@pytest.mark.parametrize(
    ("path", "english", "chinese"),
    [("/dev/full", "the disk is full", "磁盘已满"), ("/dev/null/x", "not a folder", "而不是目录")],
)
def test_what_the_system_refuses_is_told_in_the_readers_language(citynerve, city, path, english, chinese):
    for language, words in (("en", english), ("zh", chinese)):
        told = citynerve(
            *("--lang", language, "replay", city / "events.ndjson", "--reference", city / "reference"),
            *("--alerts", path),
        )
        assert told.code == failure.FOUND and words in told.err and told.err.splitlines()[-1].count("/dev/") == 1


def test_no_arguments_show_the_help(citynerve):
    told = citynerve()
    assert told.code == failure.USAGE and "Commands" in told.err


def test_an_unexpected_error_is_one_line_and_its_traceback_comes_with_debug(citynerve, monkeypatch):
    def broken():
        raise RuntimeError("the disk sings")

    monkeypatch.setattr(main, "_program", broken)
    told = citynerve("warm")
    assert told.code == failure.UNEXPECTED and "Traceback" not in told.err
    assert told.err == "unexpected error: RuntimeError: the disk sings\nrun it again with --debug for the details\n"
    assert "Traceback" in citynerve("warm", "--debug").err


def test_a_reader_that_has_seen_enough_is_no_error(city):
    """As with `| head`."""
    command = (
        f"import citynerve.cli.main as m; m.main(['replay', {str(city / 'events.ndjson')!r}, '--reference', "
        f"{str(city / 'reference')!r}])"
    )
    process = subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert b"error" not in process.stderr.read().lower()
    assert process.wait(timeout=60) == failure.OK


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_output_without_the_characters_of_a_language_shows_others_in_their_place(tmp_path, language):
    process = subprocess.run(
        [sys.executable, "-m", "citynerve", "--lang", language, "run", "--events", "20000", "--folder", tmp_path],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == failure.OK, process.stderr
    assert b"20,000 " in process.stdout and process.stdout.isascii()


def test_an_interrupt_ends_with_130_and_without_a_traceback(citynerve, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_program", interrupted)
    told = citynerve("warm")
    assert (told.code, told.err) == (failure.INTERRUPTED, "interrupted\n")
