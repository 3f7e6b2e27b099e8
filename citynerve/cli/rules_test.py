"""`citynerve rules test [PATH...]`: the tests beside rules, run on the production core."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "test",
        callback=_test,
        params=[
            Argument(
                ["paths"],
                nargs=-1,
                type=options.FilePath(),
                metavar="[PATH...]",
                help=say(
                    en="test files, or folders with *.test.yaml; default: the shipped library",
                    zh="测试文件,或含有 *.test.yaml 的目录;默认为自带规则库",
                ),
            ),
            options.schemas(),
        ],
        short_help=say(en="run the tests of rules", zh="运行规则的测试"),
        help=say(
            en="Run rule tests: events at given instants, and the alerts that must come of them. Each runs event by "
            "event, as one block, with arrivals turned around and across a restart; all must give the same alerts.",
            zh="运行规则测试:给定时刻的事件,以及应当产生的告警。每个测试分别逐个事件、整块、乱序到达、"
            "中途重启各运行一遍,结果必须相同。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _test(paths: Sequence[Path], schemas: Sequence[Path]) -> int:
    from citynerve import config, warm

    warm.ensure()
    from citynerve.rule_tests import TestRun
    from rules.check import LIBRARY

    run = TestRun(config.schemas(schemas), config.city())
    for path in _files(paths or [LIBRARY]):
        for line in run.file(path):
            click.echo(line)
    click.echo(
        say(
            en=f"{run.count} test{'s' * (run.count != 1)}, {run.failed} failed",
            zh=f"{run.count} 个测试,{run.failed} 个失败",
        )
        + (say(en=f"; {run.broken} could not be run", zh=f";{run.broken} 个文件无法运行") if run.broken else "")
    )
    return FOUND if run.failed or run.broken else OK


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    from rules.files import TEST_SUFFIXES

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*") if file.name.endswith(TEST_SUFFIXES) and file.is_file())
        if not found:
            raise Failure(say(en=f"{path} holds no *.test.yaml", zh=f"{path} 中没有 *.test.yaml"))
        yield from found
