"""What a person reads when a command cannot do what was asked: one clear line and what to do about it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click
from click.exceptions import NoArgsIsHelpError

from citynerve.text import say

OK = 0
FOUND = 1  # errors in rules or input
USAGE = 2
UNEXPECTED = 3
INTERRUPTED = 130

EXIT_CODES = {
    "en": "Exit codes: 0 done; 1 errors in rules or input; 2 wrong usage; 3 unexpected error; 130 interrupted.",
    "zh": "退出码: 0 成功;1 规则或输入有错误;2 用法错误;3 意外错误;130 被中断。",
}


class Failure(Exception):
    """Something in the input that a person can mend; the text says what and how."""


class NoSuchCommand(click.UsageError):
    """A name that is no command. Click has such an error from 8.4 on, which faust-streaming does not go with."""

    def __init__(self, name: str, commands: Iterable[str], ctx: click.Context) -> None:
        self.command_name = name
        self.possibilities = get_close_matches(name, commands)
        near = f" Did you mean {' or '.join(map(repr, self.possibilities))}?" if self.possibilities else ""
        super().__init__(f"No such command {name!r}.{near}", ctx)


def system(error: OSError) -> str:
    """Return what the operating system says is wrong, in the reader's language, behind the file that it is about.

    What a log or the desk's memory says of itself is told as it is; empty where nobody knows more than a programmer.
    """
    from dispatch.state import StateError
    from events.unreadable import reason
    from streams.log.protocol import LogError

    if isinstance(error, (LogError, StateError)):
        return say(en=error.en, zh=error.zh)
    if not error.strerror:
        return ""
    en, zh = reason(error)
    told = say(en=en, zh=zh)
    return f"{error.filename}: {told}" if error.filename else told


def usage(error: click.UsageError) -> str:
    """Return a usage error in the reader's language, with the way to the help."""
    if isinstance(error, NoArgsIsHelpError):
        return error.format_message()
    path = error.ctx.command_path if error.ctx else "citynerve"
    line = say(en=f"error: {_english(error)}", zh=f"错误: {_chinese(error)}")
    return f"{line}\n{say(en=f'try `{path} --help`', zh=f'用法见 `{path} --help`')}"


def _english(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter():
            return error.format_message()
        case click.BadParameter(param=click.Parameter(type=click.IntRange() as numbers) as param):
            return f"{_hint(param)} wants a whole number{_range(numbers, ' from {}', ' to {}')}"
        case _:
            return error.format_message()


def _chinese(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter(param=click.Parameter() as param):
            return f"缺少 {_hint(param)}"
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}{_near(error.possibilities)}"
        case NoSuchCommand():
            return f"没有命令 {error.command_name}{_near(error.possibilities)}"
        case click.UsageError(message="Missing command."):
            return "缺少命令"
        case click.BadOptionUsage(message=message) if message.endswith("requires an argument."):
            return f"选项 {error.option_name} 后面缺少值"
        case click.BadOptionUsage(message=message) if message.endswith("does not take a value."):
            return f"选项 {error.option_name} 不带值"
        case click.UsageError(message=message) if message.startswith("Got unexpected extra argument"):
            return f"多余的参数: {message.partition('(')[2].rpartition(')')[0]}"
        case click.BadParameter(param=click.Parameter(type=click.IntRange() as numbers) as param):
            return f"{_hint(param)} 的值无效: 应为整数{_range(numbers, ',从 {} 起', ',至 {} 止')}"
        case click.BadParameter(param=click.Parameter(type=click.Choice(choices=choices)) as param):
            return f"{_hint(param)} 的值无效: 应为 {' 或 '.join(map(str, choices))}"
        case click.BadParameter(param=click.Parameter() as param):
            return f"{_hint(param)} 的值无效: {error.message}"
        case _:
            return error.format_message()


def _range(numbers: click.IntRange, least: str, most: str) -> str:
    """Return the bounds of a range in words, each where there is one."""
    bounds = ((least, numbers.min), (most, numbers.max))
    return "".join(words.format(f"{bound:.0f}") for words, bound in bounds if bound is not None)


def _hint(param: click.Parameter) -> str:
    return "/".join(param.opts) if isinstance(param, click.Option) else param.human_readable_name


def _near(possibilities: Sequence[str] | None) -> str:
    return f",是否想写 {' 或 '.join(possibilities)}?" if possibilities else ""
