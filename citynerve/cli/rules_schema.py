"""`citynerve rules schema [PATH...]`: the JSON Schema by which editors complete and underline rule files."""

from collections.abc import Sequence
from pathlib import Path

import click

from citynerve.cli import options, rule_files
from citynerve.cli.command import Argument, Command, Option
from citynerve.cli.failure import EXIT_CODES, FOUND, OK
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "schema",
        callback=_schema,
        params=[
            Argument(
                ["paths"],
                nargs=-1,
                type=options.FilePath(),
                metavar="[PATH...]",
                help=say(
                    en="files or folders with the vocabulary; without it the names of sets and routes may be anything",
                    zh="含有词汇的文件或目录;不写则不限定参考集和路由的名称",
                ),
            ),
            options.schemas(),
            Option(
                ["--out"],
                type=options.FilePath(),
                metavar="FILE",
                help=say(en="write it to a file instead of standard output", zh="写入文件而不是标准输出"),
            ),
        ],
        short_help=say(en="write the JSON Schema for editors", zh="输出供编辑器使用的 JSON Schema"),
        help=say(
            en="Write the JSON Schema (2020-12) of rule files, with the kinds, sets, calendars, areas and routes that "
            "are declared. An editor with a YAML language server completes and underlines by it: put "
            "`# yaml-language-server: $schema=FILE` into the first line of a rule file.",
            zh="输出规则文件的 JSON Schema(2020-12),含已声明的事件类型、参考集、日历、区域和路由。"
            "装有 YAML 语言服务器的编辑器据此补全和标错:在规则文件首行写 `# yaml-language-server: $schema=文件`。",
        ),
        epilog=say(**EXIT_CODES),
    )


def _schema(paths: Sequence[Path], schemas: Sequence[Path], out: Path | None) -> int:
    import orjson

    from citynerve import config
    from events.place import Problems
    from rules import errors
    from rules.declared import declared
    from rules.json_schema import json_schema
    from rules.vocabulary import Vocabulary

    kinds = config.schemas(schemas)
    try:
        vocabulary = declared(rule_files.read(paths), kinds) if paths else Vocabulary()
    except Problems as found:
        click.echo(errors.format(found.problems), err=True)
        return FOUND
    text = orjson.dumps(json_schema(kinds, vocabulary), option=orjson.OPT_INDENT_2).decode()
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
    return OK
