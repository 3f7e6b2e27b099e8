"""A YAML file of the contract as a tree in which every key and value keeps its place, and the findings about it.

Values stay text until somebody asks what they are; a key that stands twice, an unknown one, or a value of the wrong
sort is a problem with line and column, and reading goes on.
"""

import difflib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from events.place import Place, Problem
from events.unreadable import reason
from events.yaml_words import said

SIZE_MAX = 256 << 10  # bytes of a file
_NULL, _INT, _FLOAT, _TEXT = (f"tag:yaml.org,2002:{name}" for name in ("null", "int", "float", "str"))


class Tree:
    """One file: what it holds, and what has been found wrong with it (`problems`)."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.problems: list[Problem] = []
        self.top = self._read(path)

    def find(self, code: str, node: Any, en: str, zh: str, advice_en: str = "", advice_zh: str = "") -> None:
        """Note a problem at a node, at the file's start where that is None."""
        self.problems.append(Problem(code, self.place(node), en, zh, advice_en, advice_zh))

    def place(self, node: Any) -> Place:
        """Return where a node stands."""
        if node is None:
            return Place(self.path, 1)
        width = len(node.value) if isinstance(node, ScalarNode) and "\n" not in node.value else 1
        return Place(self.path, node.start_mark.line + 1, node.start_mark.column + 1, max(width, 1))

    def entries(self, node: Any, what: tuple[str, str], allowed: Iterable[str] | None = None) -> "Entries | None":
        """Return the keys and values of a mapping, None where the node is none. `what` names it (en, zh)."""
        if not isinstance(node, MappingNode):
            self.find("S003", node, f"{what[0]} is a mapping, {{key: value}}", f"{what[1]}应为映射 {{键: 值}}")
            return None
        return Entries(self, node, None if allowed is None else tuple(allowed))

    def _read(self, path: Path) -> Any:
        try:
            raw = path.read_bytes()
            if len(raw) > SIZE_MAX:
                self.find(
                    "S001", None, f"the file is larger than {SIZE_MAX >> 10} KiB", f"文件超过 {SIZE_MAX >> 10} KiB"
                )
                return None
            return YAML(typ="safe", pure=True).compose(raw.decode("utf-8-sig"))
        except OSError as error:
            en, zh = reason(error)
            self.find("S001", None, f"cannot be read: {en}", f"无法读取:{zh}")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            column = error.start - raw.rfind(b"\n", 0, error.start)
            self.problems.append(
                Problem(
                    "S002",
                    Place(self.path, line, column),
                    "this byte is not UTF-8",
                    "此处字节不是 UTF-8",
                    "save the file as UTF-8",
                    "请以 UTF-8 编码保存",
                )
            )
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.path, mark.line + 1, mark.column + 1) if mark else Place(self.path, 1)
            words = said(error)
            self.problems.append(
                Problem(
                    "S002",
                    place,
                    f"is not YAML: {words.en}",
                    f"YAML 语法有误:{words.zh}",
                    "look at brackets, quotes, colons and indentation here",
                    "请检查此处的括号、引号、冒号和缩进",
                )
            )
        except (YAMLError, RecursionError, ValueError, AssertionError, IndexError, TypeError):
            # the last ones are the scanner's own slips on very odd input
            self.find("S002", None, "is not YAML", "不是 YAML 文件")
        return None


class Entries:
    """A mapping of the tree. Keys that stand twice or are not `allowed` have been reported."""

    def __init__(self, tree: Tree, node: MappingNode, allowed: tuple[str, ...] | None) -> None:
        self._tree = tree
        self.node = node
        self.keys: dict[str, Any] = {}
        self.values: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if name is None or (allowed is not None and name not in allowed):
                self._unknown(key, name, allowed)
            elif name in self.keys:
                tree.find("S003", key, f"`{name}` stands here twice", f"`{name}` 重复", "keep one", "请只保留一个")
            else:
                self.keys[name], self.values[name] = key, value

    def __contains__(self, name: str) -> bool:
        return name in self.keys

    def text(self, name: str) -> str | None:
        """Return a text, None where there is none or it is no text."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, ScalarNode) or value.tag == _NULL:
            self.wrong(name, "a text", "文本")
            return None
        return str(value.value)

    def texts(self, name: str) -> list[tuple[Any, str]] | None:
        """Return the items of a list with their nodes; those that are no text are reported and left out."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, SequenceNode):
            self.wrong(name, "a list, [a, b]", "列表,如 [a, b]")
            return None
        items = []
        for item in value.value:
            if isinstance(item, ScalarNode) and item.tag == _TEXT and item.value:
                items.append((item, str(item.value)))
            else:
                spelled = item.value if isinstance(item, ScalarNode) else "..."
                self._tree.find(
                    "S003",
                    item,
                    f"`{spelled}` in `{name}` is no text",
                    f"`{name}` 中的 `{spelled}` 不是文本",
                    f'events carry texts here; write "{spelled}" if they do',
                    f'事件在此处的值是文本;如确为文本请写 "{spelled}"',
                )
        return items

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds, None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, ScalarNode) and value.tag == _INT and len(value.value) < 20:
            try:
                number = int(value.value.replace("_", ""), 0)
            except ValueError:  # a zero in front, which Python does not read
                number = -1
            if least <= number <= most:
                return number
        self.wrong(name, f"a whole number from {least} to {most}", f" {least} 到 {most} 的整数")
        return None

    def span(self, name: str) -> tuple[float, float] | None:
        """Return the two numbers of a range, the lesser first, None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        items = value.value if isinstance(value, SequenceNode) else ()
        if len(items) == 2 and all(isinstance(item, ScalarNode) and item.tag in (_INT, _FLOAT) for item in items):
            try:
                least, most = (float(item.value) for item in items)
            except ValueError:  # a spelling that YAML takes and Python does not, such as 0x10
                least, most = math.nan, math.nan
            if math.isfinite(least) and math.isfinite(most) and least < most:
                return least, most
        self.wrong(name, "two numbers, [least, most]", "两个数 [最小, 最大]")
        return None

    def wrong(self, name: str, wanted_en: str, wanted_zh: str) -> None:
        """Note that a value is of the wrong sort."""
        self._tree.find("S003", self.values[name], f"`{name}` wants {wanted_en}", f"`{name}` 应为{wanted_zh}")

    def _unknown(self, key: Any, name: str | None, allowed: tuple[str, ...] | None) -> None:
        known = allowed or ()
        near = next(iter(difflib.get_close_matches(name or "", known, 1)), "")
        self._tree.find(
            "S003",
            key,
            f"unknown key `{name}`" if name is not None else "a key is a name",
            f"未知的键 `{name}`" if name is not None else "键应为名称",
            f"did you mean `{near}`?" if near else f"known here: {', '.join(known)}" if known else "",
            f"是否想写 `{near}`?" if near else f"此处可用:{'、'.join(known)}" if known else "",
        )


def nothing(node: Any) -> bool:
    """Tell whether a node is absent or YAML's null."""
    return node is None or (isinstance(node, ScalarNode) and node.tag == _NULL)
