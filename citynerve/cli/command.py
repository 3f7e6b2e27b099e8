"""Commands and groups whose help speaks the reader's language, and that are loaded when they are asked for.

A command's module has a function `command()` that builds it: texts are chosen when it is called, and nothing
that a command needs is imported before that command runs.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from citynerve.cli.failure import NoSuchCommand
from citynerve.text import LANGUAGES, say


class Argument(click.Argument):
    """A positional argument, with a line of help as options have."""

    def __init__(self, declaration: Sequence[str], *, help: str = "", **attributes: Any) -> None:
        super().__init__(declaration, **attributes)
        self.help = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Name it as the usage line does, without brackets."""
        return self.human_readable_name, self.help


class Option(click.Option):
    """An option whose remarks (default, required, range) speak the reader's language."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the spelling and the help with its remarks."""
        record = super().get_help_record(ctx)
        if record is None:  # it is hidden
            return None
        extra = self.get_help_extra(ctx)
        remarks = []
        if "default" in extra:
            remarks.append(say(en=f"default: {extra['default']}", zh=f"默认: {extra['default']}"))
        if isinstance(self.type, click.IntRange):
            remarks.append(_bounds(self.type))
        if "required" in extra:
            remarks.append(say(en="required", zh="必填"))
        text = self.help or ""
        return record[0], f"{text}  [{'; '.join(remarks)}]" if remarks else text


class Command(click.Command):
    """A command. `--lang` and `--debug` belong to every one; the process has looked at them before (`main`)."""

    def __init__(self, name: str, *, params: list[click.Parameter] | None = None, **attributes: Any) -> None:
        attributes = {"options_metavar": say(en="[OPTIONS]", zh="[选项]"), **attributes}
        super().__init__(name, params=[*(params or []), *_shared()], add_help_option=False, **attributes)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=say(en="Usage: ", zh="用法: "))

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the positional arguments are."""
        rows = [p.get_help_record(ctx) for p in self.params if isinstance(p, Argument)]
        if rows:
            with formatter.section(say(en="Arguments", zh="参数")):
                formatter.write_dl(rows)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        rows = [row for p in self.params if isinstance(p, click.Option) if (row := p.get_help_record(ctx))]
        with formatter.section(say(en="Options", zh="选项")):
            formatter.write_dl(rows)


class Group(Command, click.Group):
    """A group of commands: name -> module that has `command()`."""

    def __init__(self, name: str, modules: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(
            name,
            subcommand_metavar=say(en="COMMAND ...", zh="命令 ..."),
            no_args_is_help=True,
            **attributes,
        )
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, which is that of a first use."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Build the command; an unknown name is an error that names the nearest."""
        if cmd_name not in self._modules:
            raise NoSuchCommand(cmd_name, self._modules, ctx)
        command: click.Command = import_module(self._modules[cmd_name]).command()
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        Command.format_options(self, ctx, formatter)
        rows = [(name, self.get_command(ctx, name).get_short_help_str()) for name in self._modules]
        with formatter.section(say(en="Commands", zh="命令")):
            formatter.write_dl(rows)


def _bounds(numbers: click.IntRange) -> str:
    return f"≥ {numbers.min}" if numbers.max is None else f"{numbers.min} – {numbers.max}"


def _shared() -> list[click.Parameter]:
    return [
        Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            expose_value=False,
            help=say(en="language; default by CITYNERVE_LANG, then LANG", zh="语言;默认取 CITYNERVE_LANG,再取 LANG"),
        ),
        Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            help=say(en="show the traceback of an unexpected error", zh="出现意外错误时显示详细堆栈"),
        ),
        click.Option(
            ["--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_help,
            help=say(en="show this text", zh="显示本帮助"),
        ),
    ]


def _help(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()
