"""`citynerve rules diff OLD NEW`: what became of each rule, and what that means for its state and its open alerts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import Failure
from citynerve.text import say

if TYPE_CHECKING:
    from rules.check import Ruleset
    from rules.edits import Class, Edit, Edits, KeyEdit

SAME, DIFFERENT, WRONG = 0, 1, 2  # as diff has them
FORMATS = ("text", "json")


def command() -> click.Command:
    """Build the command."""
    return Command(
        "diff",
        callback=_diff,
        params=[
            Argument(
                ["old"], type=options.FilePath(), metavar="OLD", help=say(en="the rules as they were", zh="旧规则")
            ),
            Argument(
                ["new"], type=options.FilePath(), metavar="NEW", help=say(en="the rules as they are", zh="新规则")
            ),
            options.schemas(),
            Option(
                ["--format"],
                type=click.Choice(FORMATS),
                default=FORMATS[0],
                show_default=True,
                help=say(en="for people; or one JSON document", zh="供人阅读;或一个 JSON 文档"),
            ),
        ],
        short_help=say(en="compare two rulesets", zh="比较两个规则集"),
        help=say(
            en="Compare two rulesets, each a file or a folder: which rules came, went or changed, and of which class "
            "each change is. cosmetic: nothing is judged differently. judgement: what was counted stays and is judged "
            "again. selection: the rule counts anew, from the log. Files, order, comments and spelling are no "
            "difference.",
            zh="比较两个规则集(各为文件或目录):哪些规则新增、删除、变化,以及变化的类别。"
            "cosmetic(外观):判定不变;judgement(判定):状态保留,重新判定;selection(选取):状态从日志重新建立。"
            "文件、次序、注释和写法不算差异。",
        ),
        epilog=say(
            en="Exit codes: 0 the same; 1 different; 2 errors in rules or wrong usage; 3 unexpected error.",
            zh="退出码: 0 相同;1 不同;2 规则有错误或用法错误;3 意外错误。",
        ),
    )


def _diff(old: Path, new: Path, schemas: Sequence[Path], format: str) -> int:
    from citynerve import warm

    warm.ensure()
    from events.place import Problems
    from rules import errors
    from rules.edits import edits

    try:
        found = edits(_ruleset(old, schemas), _ruleset(new, schemas))
    except Problems as problems:
        click.echo(errors.format(problems.problems), err=True)
        return WRONG
    except Failure as failure:
        click.echo(say(en=f"error: {failure}", zh=f"错误: {failure}"), err=True)
        return WRONG
    if format == "json":
        click.echo(_json(found))
    else:
        for line in _lines(found):
            click.echo(line)
    return SAME if found.is_same else DIFFERENT


def _ruleset(path: Path, schemas: Sequence[Path]) -> "Ruleset":
    from citynerve import config
    from rules.check import checked

    return checked(rule_files.read([path]), config.schemas(schemas), config.city())


def _json(found: "Edits") -> str:
    from dataclasses import asdict

    import orjson

    rules = [
        {("class" if name == "kind" else name): value for name, value in asdict(each).items()} for each in found.edits
    ]
    document = {
        "same": found.is_same,
        "old": found.old,
        "new": found.new,
        "rules": rules,
        "macros": found.macros,
        "declared": [asdict(each) for each in found.declared],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _lines(found: "Edits") -> Sequence[str]:
    if found.is_same:
        return [_summary(found)]
    lines: list[str] = []
    for edit in found.edits:
        lines += _edit_lines(edit)
    if found.declared:
        lines += [say(en="declarations", zh="声明"), *(line for each in found.declared for line in _key_lines(each))]
    for macro, rules in found.macros.items():
        named = ", ".join(rules)
        lines.append(
            say(
                en=f"macro {macro} changes {len(rules)} rule{'s' * (len(rules) != 1)}: {named}",
                zh=f"宏 {macro} 影响 {len(rules)} 条规则: {named}",
            )
        )
    return [*lines, _summary(found)]


def _edit_lines(edit: "Edit") -> Sequence[str]:
    if edit.kind is None:
        mark, said = (
            ("+", say(en="added", zh="新增")) if edit.change == "added" else ("-", say(en="removed", zh="删除"))
        )
        return [click.style(f"{mark} {edit.rule}  {said}", fg="green" if mark == "+" else "red")]
    lines = [click.style(f"~ {edit.rule}  {_class(edit.kind)}", fg="yellow")]
    for key in edit.keys:
        lines += _key_lines(key)
    lines += [f"    {say(en='macro', zh='宏')} {name}" for name in edit.macros]
    return lines + [f"    {say(en='declaration', zh='声明')} {name}" for name in edit.declared]


def _key_lines(edit: "KeyEdit") -> Sequence[str]:
    told = [f"    {edit.key}"]
    if edit.old is not None:
        told.append(click.style(f"      - {edit.old}", fg="red"))
    if edit.new is not None:
        told.append(click.style(f"      + {edit.new}", fg="green"))
    return told


def _class(kind: "Class") -> str:
    names: dict[Class, str] = {
        "cosmetic": say(en="cosmetic: nothing is judged differently", zh="外观:判定不变"),
        "judgement": say(en="judgement: state is kept and judged again", zh="判定:状态保留,重新判定"),
        "selection": say(en="selection: state is built anew from the log", zh="选取:状态从日志重新建立"),
    }
    return names[kind]


def _summary(found: "Edits") -> str:
    if found.is_same:
        return say(en=f"no difference, ruleset {found.new}", zh=f"没有差异,规则集版本 {found.new}")
    count = {change: sum(edit.change == change for edit in found.edits) for change in ("added", "removed", "changed")}
    return say(
        en=f"{count['added']} added, {count['removed']} removed, {count['changed']} changed; "
        f"ruleset {found.old} -> {found.new}",
        zh=f"新增 {count['added']},删除 {count['removed']},变化 {count['changed']};"
        f"规则集版本 {found.old} -> {found.new}",
    )
