"""`citynerve rules test [PATH...]`: the tests beside rules, run on the production core."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from citynerve.rule_tests import TestRun
    from streams.trial.gaps import Gap


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
            Option(
                ["--coverage"],
                is_flag=True,
                help=say(
                    en="demand of each rule a test in which it fires, one in which it is quiet, and both sides of "
                    "each constant",
                    zh="要求每条规则都有触发的测试、不触发的测试,并覆盖每个常量的两侧",
                ),
            ),
            Option(
                ["--junit"],
                type=options.FilePath(),
                metavar="FILE",
                help=say(en="write the outcome as JUnit XML", zh="把结果写成 JUnit XML"),
            ),
        ],
        short_help=say(en="run the tests of rules", zh="运行规则的测试"),
        help=say(
            en="Run rule tests: events at given instants, and the alerts that must come of them. Each runs event by "
            "event, in other batches, with arrivals turned around and with a restart after each event; all must give "
            "the same alerts.",
            zh="运行规则测试:给定时刻的事件,以及应当产生的告警。每个测试分别逐个事件、分批、乱序到达、"
            "每个事件之后重启各运行一遍,结果必须相同。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _test(paths: Sequence[Path], schemas: Sequence[Path], coverage: bool, junit: Path | None) -> int:
    from citynerve import config, warm

    warm.ensure()
    from citynerve import rule_test_report
    from citynerve.outputs import open_outputs, refuse_overwriting
    from citynerve.rule_tests import TestRun
    from rules.check import LIBRARY

    files = list(_files(paths or [LIBRARY]))
    refuse_overwriting([junit], files=files)
    run = TestRun(config.schemas(schemas), config.city())
    for path in files:
        for line in rule_test_report.lines(run.file(path)):
            click.echo(line)
    gaps = run.gaps() if coverage else []
    for line in rule_test_report.gap_lines(gaps):
        click.echo(line)
    if junit is not None:
        with ExitStack() as stack:
            [out] = open_outputs([junit], stack)
            if out is not None:
                out.write(rule_test_report.junit(run.files))
    click.echo(_summary(run, gaps if coverage else None))
    return FOUND if run.failed or run.broken or gaps else OK


def _summary(run: "TestRun", gaps: "Sequence[Gap] | None") -> str:
    told = [
        say(
            en=f"{many(run.count, 'test')}, {run.failed} failed",
            zh=f"{run.count} 个测试,{run.failed} 个失败",
        )
    ]
    if run.broken:
        told.append(say(en=f"{many(run.broken, 'file')} could not be run", zh=f"{run.broken} 个文件无法运行"))
    if gaps is not None:
        rules = len({gap.rule for gap in gaps})
        told.append(
            say(
                en=f"{many(len(gaps), 'gap')} in the tests of {many(rules, 'rule')}"
                if gaps
                else "all rules and constants are covered",
                zh=f"{rules} 条规则的测试有 {len(gaps)} 处缺口" if gaps else "规则与常量均已覆盖",
            )
        )
    return say(en="; ", zh=";").join(told)


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
