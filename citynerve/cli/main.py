"""The entry point: chooses the language, runs the command, and turns whatever happens into an exit code."""

import faulthandler
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from citynerve import __version__
from citynerve.cli import failure
from citynerve.cli.command import Group, Option
from citynerve.text import chosen, say, use

COMMANDS = {
    "run": "citynerve.cli.run",
    "simulate": "citynerve.cli.simulate",
    "replay": "citynerve.cli.replay",
    "desk": "citynerve.cli.desk",
    "tail": "citynerve.cli.tail",
    "inspect": "citynerve.cli.inspect",
    "config": "citynerve.cli.config",
    "doctor": "citynerve.cli.doctor",
    "learn": "citynerve.cli.learn",
    "rules": "citynerve.cli.rules",
    "token": "citynerve.cli.token",
    "warm": "citynerve.cli.warm",
}


NEW_OBJECTS = 100_000  # after which Python looks for garbage; by default 700


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and exit.

    A start makes half a million objects that stay, and blocks of events few. Looking for garbage after each 700 was a
    twentieth of a start, and looking through all of them once more at the end, where all memory is given back anyway, a
    fifth.
    """
    faulthandler.enable()  # a file cut while a piece of it is looked at ends the process: not without a word
    gc.set_threshold(NEW_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows another in its place
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but an exit code ever leaves a command."""
    use(chosen(arguments, os.environ))
    try:
        # Not `main()` of click: that would answer a closed pipe by itself.
        program = _program()
        colour = False if os.environ.get("NO_COLOR") else None  # None: on terminals (https://no-color.org)
        with program.make_context("citynerve", list(arguments), color=colour) as context:
            code = program.invoke(context)
        sys.stdout.flush()
        return int(code or failure.OK)
    except click.exceptions.Exit as end:  # as after --help
        return end.exit_code
    except click.UsageError as error:
        return _end(failure.usage(error), failure.USAGE)
    except failure.Failure as error:
        return _end(say(en=f"error: {error}", zh=f"错误: {error}"), failure.FOUND)
    except (KeyboardInterrupt, click.Abort):
        return _end(say(en="interrupted", zh="已中断"), failure.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; without this Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failure.OK
    except Exception as error:
        return _unexpected(error, "--debug" in arguments)


def _program() -> click.Command:
    return Group(
        "citynerve",
        COMMANDS,
        params=[
            Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help=say(en="show the version", zh="显示版本"),
            )
        ],
        help=say(
            en="citynerve: city events in, alerts out. Rules are YAML; the same input gives the same alerts.",
            zh="citynerve:城市事件进,告警出。规则用 YAML 编写;相同的输入得到相同的告警。",
        ),
        epilog=say(**failure.EXIT_CODES),
    )


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"citynerve {__version__}")
        ctx.exit()


def _unexpected(error: Exception, debug: bool) -> int:
    problems = getattr(error, "problems", None)
    if problems is not None:
        from events.place import Problems

        if isinstance(error, Problems):
            from rules import errors

            return _end(errors.format(error.problems), failure.FOUND)
    if debug:
        traceback.print_exception(error)
    if isinstance(error, OSError) and (about := failure.system(error)):
        return _end(say(en=f"error: {about}", zh=f"错误: {about}"), failure.FOUND)
    told = f"{type(error).__name__}: {error}"
    return _end(
        say(
            en=f"unexpected error: {told}\nrun it again with --debug for the details",
            zh=f"意外错误: {told}\n加上 --debug 再运行一次可看到详细信息",
        ),
        failure.UNEXPECTED,
    )


def _end(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code
