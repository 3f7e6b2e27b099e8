"""`citynerve rules format PATH...`: rule files in their one layout."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK, Failure
from citynerve.text import say
from events.plural import many

if TYPE_CHECKING:
    from rules.files import RuleFiles


def command() -> click.Command:
    """Build the command."""
    return Command(
        "format",
        callback=_format,
        params=[
            options.rule_paths(required=True),
            options.schemas(),
            Option(
                ["--check"],
                is_flag=True,
                help=say(
                    en="write nothing; name the files that would change, exit code 1 if there are any",
                    zh="不写入;列出会变化的文件,有则退出码为 1",
                ),
            ),
            Option(
                ["--diff"],
                is_flag=True,
                help=say(
                    en="write nothing; show what would change, exit code 1 if anything would",
                    zh="不写入;显示会有的变化,有则退出码为 1",
                ),
            ),
        ],
        short_help=say(en="lay out rule files", zh="整理规则文件的格式"),
        help=say(
            en="Write rule files in their one layout: order of keys, indentation, quotes, spacing of expressions. "
            "Comments stay, and nothing is written unless the ruleset is proven to be the same.",
            zh="以统一格式书写规则文件:键的次序、缩进、引号、表达式的空格。注释保留;只有证明规则集含义不变时才会写入。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _format(paths: Sequence[Path], schemas: Sequence[Path], check: bool, diff: bool) -> int:
    from citynerve import warm

    warm.ensure()
    from events.place import Problems
    from rules import errors

    given = rule_files.read(paths)
    try:
        changed = _changed(given, schemas)
    except Problems as found:
        click.echo(errors.format(found.problems), err=True)
        return FOUND
    for path, (before, after) in changed.items():
        if diff:
            _show(path, before, after)
        elif check:
            click.echo(say(en=f"would change {path}", zh=f"将改变 {path}"))
        else:
            _write(Path(path).resolve(), after)
            click.echo(say(en=f"changed {path}", zh=f"已改变 {path}"))
    if not diff:
        same = len(given.named) - len(changed)
        click.echo(
            say(
                en=f"{many(len(changed), 'file')} {'to change' if check else 'changed'}, {same} as they were",
                zh=f"{len(changed)} 个文件{'需要整理' if check else '已整理'},{same} 个无需改变",
            )
        )
    return FOUND if changed and (check or diff) else OK


def _changed(given: "RuleFiles", schemas: Sequence[Path]) -> Mapping[str, tuple[str, str]]:
    """Return the texts that would change, before and after, once the whole is proven to say the same."""
    from dataclasses import replace

    from rules.format import Unproven, formatted

    texts = {path: data.decode("utf-8-sig", "replace") for path, data in given.named.items()}
    version = _version(given, schemas)
    try:
        results = {path: formatted(path, text) for path, text in texts.items()}
        if _version(replace(given, named={path: text.encode() for path, text in results.items()}), schemas) != version:
            raise Unproven(", ".join(texts))
    except Unproven as error:
        raise Failure(
            say(
                en=f"{error}: the layout cannot be proven to keep what the file says; nothing was written",
                zh=f"{error}: 无法证明整理后含义不变;没有写入任何文件",
            )
        ) from None
    return {path: (texts[path], result) for path, result in results.items() if result.encode() != given.named[path]}


def _version(given: "RuleFiles", schemas: Sequence[Path]) -> str | None:
    """Return the version of the ruleset, None where the files are vocabulary alone; raises Problems."""
    from citynerve import config
    from events.place import Problems
    from rules.check import checked

    try:
        return checked(given, config.schemas(schemas), config.city()).plan.version
    except Problems as found:
        if {each.code for each in found.problems if each.level == "error"} == {"Y031"}:
            return None
        raise


def _show(path: str, before: str, after: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="")
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        click.secho(line, fg=styles.get(line[:1]))


def _write(path: Path, text: str) -> None:
    """Put a text in place of a file's as a whole, so that nobody ever reads half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    shutil.copymode(path, beside)
    os.replace(beside, path)
