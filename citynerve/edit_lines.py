"""Edits of a ruleset as people read them."""

from collections.abc import Sequence

import click

from citynerve.text import say
from events.plural import many
from rules.edits import Class, Edit, Edits, KeyEdit


def lines(found: Edits) -> Sequence[str]:
    """Return the edits of a ruleset, each with its class and what was typed, and a last line that counts them."""
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
                en=f"macro {macro} changes {many(len(rules), 'rule')}: {named}",
                zh=f"宏 {macro} 影响 {len(rules)} 条规则: {named}",
            )
        )
    return [*lines, _summary(found)]


def _edit_lines(edit: Edit) -> Sequence[str]:
    if edit.kind is None:
        mark, said = (
            ("+", say(en="added", zh="新增")) if edit.change == "added" else ("-", say(en="removed", zh="删除"))
        )
        return [click.style(f"{mark} {edit.rule}  {said}", fg="green" if mark == "+" else "red")]
    lines = [click.style(f"~ {edit.rule}  {class_words(edit.kind)}", fg="yellow")]
    for key in edit.keys:
        lines += _key_lines(key)
    lines += [f"    {say(en='macro', zh='宏')} {name}" for name in edit.macros]
    return lines + [f"    {say(en='declaration', zh='声明')} {name}" for name in edit.declared]


def _key_lines(edit: KeyEdit) -> Sequence[str]:
    told = [f"    {edit.key}"]
    if edit.old is not None:
        told.append(click.style(f"      - {edit.old}", fg="red"))
    if edit.new is not None:
        told.append(click.style(f"      + {edit.new}", fg="green"))
    return told


def class_words(kind: Class) -> str:
    """Return the class of a change, and what it means."""
    names: dict[Class, str] = {
        "cosmetic": say(en="cosmetic: nothing is judged differently", zh="外观:判定不变"),
        "judgement": say(en="judgement: state is kept and judged again", zh="判定:状态保留,重新判定"),
        "selection": say(en="selection: state is built anew from the log", zh="选取:状态从日志重新建立"),
    }
    return names[kind]


def _summary(found: Edits) -> str:
    if found.is_same:
        return say(en=f"no difference, ruleset {found.new}", zh=f"没有差异,规则集版本 {found.new}")
    count = {change: sum(edit.change == change for edit in found.edits) for change in ("added", "removed", "changed")}
    return say(
        en=f"{count['added']} added, {count['removed']} removed, {count['changed']} changed; "
        f"ruleset {found.old} -> {found.new}",
        zh=f"新增 {count['added']},删除 {count['removed']},变化 {count['changed']};"
        f"规则集版本 {found.old} -> {found.new}",
    )
