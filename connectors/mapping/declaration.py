"""A mapping as it is declared in YAML, checked against the schemas. docs/mapping.md describes the language."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.mapping import fields as read
from connectors.mapping import times
from connectors.mapping.document import CommentedMap, Findings, Node, read_document
from connectors.mapping.model import Input, Join, Mapping, Reader, Record
from connectors.mapping.pattern import OPEN_REPEATS_MAX, compiled
from connectors.mapping.units import factor
from events.place import Place, Problem, Problems
from events.schema import Field, Schema, Schemas

SHIPPED = Path(__file__).parent.parent / "mappings"
_TOP = ("version", "mapping", "title", "input", "unpivot", "sort", "join", "where", "event")
_FIELD = ("field", "value", "match", "map", "missing", "missing_if", "unit", "scale", "offset", "digits")
_TIME = ("field", "format", "timezone", "start", "step")
_OPERATORS: tuple[read.Operator, ...] = ("known", "in", "not_in", "below", "above")
_CONDITION = ("field", *_OPERATORS)
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_DURATION_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def load(file: Path | str, schemas: Schemas, timezone: str = "UTC") -> Mapping:
    """Read a mapping file; the name of a shipped one (`ndw`) will do where there is no such file.

    `timezone` is that of times that say no zone, where the mapping names none either.

    Raises
    ------
    Problems
        everything that is wrong with it, with line and column
    """
    path = Path(file)
    shipped = SHIPPED / f"{path.name}.yaml"
    if not path.exists():
        if path.name == str(file) and shipped.exists():
            path = shipped
        else:
            names = ", ".join(sorted(found.stem for found in SHIPPED.glob("*.yaml")))
            raise Problems(
                [
                    Problem(
                        "M001",
                        Place(str(file), 1),
                        "there is no such mapping",
                        "没有这个映射文件",
                        f"name a file, or a shipped mapping: {names}",
                        f"请写文件路径,或内置映射:{names}",
                    )
                ]
            )
    body, findings = read_document(path)
    mapping = _Checker(findings, schemas, ZoneInfo(timezone)).mapping(body)
    findings.raise_any()
    assert mapping is not None, "a mapping without findings is complete"
    return mapping


class _Checker:
    def __init__(self, findings: Findings, schemas: Schemas, zone: ZoneInfo) -> None:
        self._findings = findings
        self._schemas = schemas
        self._zone_else = zone
        self._used: list[tuple[str, ...]] = []  # foreign fields, groups of which one must be there

    def mapping(self, body: CommentedMap) -> Mapping | None:
        top = Node(body, self._findings, _TOP)
        if body.get("version") != 1:
            self._findings.add(top.place("version"), "`version: 1` is wanted", "须写 `version: 1`")
        name = top.text("mapping", required=True)
        form = self._input(top)
        unpivot = self._unpivot(top, form)
        sort = self._sort(top)
        join = self._join(top)
        where = self._conditions(top, "where")
        event = top.node("event", self._event_keys(body), required=True)
        if event is None:
            return None
        kind = event.text("kind", required=True)
        schema = self._schema(event, kind)
        time = self._time(event, "unpivot" in top)
        if schema is None or time is None or form is None or name is None:
            return None
        readers = [
            (key, self._field(event, key, schema.fields[key]))
            for key in event.body
            if key not in ("kind", "time") and key in schema.fields
        ]
        return Mapping(
            name,
            self._findings.path,
            schema.kind,
            form,
            unpivot,
            join,
            sort,
            where,
            time,
            tuple((key, reader) for key, reader in readers if reader is not None),
            tuple(dict.fromkeys(self._used)),
        )

    def _event_keys(self, body: CommentedMap) -> tuple[str, ...]:
        event = body.get("event")
        kind = event.get("kind") if isinstance(event, CommentedMap) else None
        known = tuple(self._schemas[kind].fields) if isinstance(kind, str) and kind in self._schemas else ()
        return ("kind", *known) if known else tuple(map(str, event)) if isinstance(event, CommentedMap) else ()

    def _schema(self, event: Node, kind: str | None) -> Schema | None:
        if kind is None:
            return None
        if kind not in self._schemas:
            kinds = ", ".join(self._schemas.kinds)
            self._findings.add(
                event.value_place("kind"),
                f"there is no kind `{kind}`",
                f"没有事件类型 `{kind}`",
                f"one of {kinds}",
                f"可选:{kinds}",
            )
            return None
        return self._schemas[kind]

    def _input(self, top: Node) -> Input | None:
        if "input" not in top:
            return Input("told")
        node = top.node("input", ("format", "separator", "delimiter", "header"), required=True)
        if node is None:
            return None
        form = node.text("format", required=True)
        header = node.items("header")
        names = tuple(map(str, header)) if header is not None else None
        if form == "json":
            return Input("json")
        if form == "prefix_json":
            separator = node.text("separator", required=True)
            return Input("prefix_json", separator) if separator else None
        if form == "csv":
            delimiter = node.text("delimiter") or ","
            if len(delimiter) != 1:
                node.wrong("delimiter", "one character", "单个字符")
                return None
            return Input("csv", delimiter=delimiter, header=names)
        if form is not None:
            node.wrong("format", "`json`, `prefix_json` or `csv`", " `json`、`prefix_json` 或 `csv`")
        return None

    def _unpivot(self, top: Node, form: Input | None) -> frozenset[str] | None:
        node = top.node("unpivot", ("keep",))
        if node is None:
            return None
        if form is not None and form.format not in ("csv", "told"):
            self._findings.add(top.place("unpivot"), "only a CSV matrix can be unpivoted", "只有 CSV 矩阵可以 unpivot")
        return frozenset(map(str, node.items("keep") or ()))

    def _sort(self, top: Node) -> bool:
        value = top.body.get("sort", False)
        if not isinstance(value, bool):
            top.wrong("sort", "true or false", " true 或 false")
        if value and "join" in top:
            self._findings.add(
                top.place("sort"),
                "`join` needs lines as they came, so it does not go with `sort`",
                "`join` 依赖原始行序,不能与 `sort` 同时使用",
            )
        return value is True

    def _join(self, top: Node) -> Join | None:
        node = top.node("join", ("by", "within"))
        if node is None:
            return None
        by = node.items("by", required=True)
        within = self._duration(node, "within")
        if not by or within is None:
            return None
        self._used += [(str(name),) for name in by]
        return Join(tuple(map(str, by)), within)

    def _duration(self, node: Node, key: str) -> int | None:
        value = node.text(key, required=True)
        parts = _DURATION.fullmatch(value) if value is not None else None
        if value is not None and parts is None:
            node.wrong(key, "a duration such as 60s or 5m", "时长,如 60s、5m")
        return int(parts[1]) * _DURATION_MS[parts[2]] if parts else None

    def _conditions(self, node: Node, key: str) -> tuple[Callable[[Record], bool], ...]:
        tests = []
        for number, body in enumerate(node.items(key) or ()):
            if not isinstance(body, CommentedMap):
                node.wrong(
                    key, "a list of {field: ..., known: true} and the like", "条件列表,如 {field: ..., known: true}"
                )
                continue
            condition = Node(body, self._findings, _CONDITION)
            path = condition.text("field", required=True)
            operators = [name for name in _OPERATORS if name in condition]
            if not operators:
                self._findings.add(
                    condition.place(),
                    f"condition {number + 1} of `{key}` tests nothing",
                    f"`{key}` 的第 {number + 1} 个条件没有写判断",
                    f"add {', '.join(_OPERATORS)}",
                    f"请加上 {'、'.join(_OPERATORS)} 之一",
                )
            if path is None:
                continue
            self._used.append((path,))
            for name in operators:
                if name in ("below", "above"):
                    wanted: Any = condition.number(name)
                else:
                    wanted = condition.body[name] if name == "known" else condition.items(name)
                if wanted is not None:
                    tests.append(read.condition(read.getter(path), name, wanted))
        return tuple(tests)

    def _time(self, event: Node, unpivoted: bool) -> Reader | None:
        node = event.node("time", _TIME, required=True)
        if node is None:
            return None
        if "start" in node or "step" in node:
            if not unpivoted:
                self._findings.add(
                    node.place("start" if "start" in node else "step"),
                    "`start` and `step` are the time of a matrix row; without `unpivot` there is none",
                    "`start`、`step` 表示矩阵行的时间;没有 `unpivot` 就没有矩阵行",
                    "add `unpivot: {keep: []}`, or write {field: ..., format: ...}",
                    "请加上 `unpivot: {keep: []}`,或改写为 {field: ..., format: ...}",
                )
            zone = self._zone(node)
            step = self._duration(node, "step")
            start = self._start(node, zone) if zone else None
            return times.by_row(start, step) if start is not None and step is not None else None
        get = self._foreign(node)
        form = node.text("format")
        if get is None:
            return None
        if form is None:
            zone = self._zone(node) if "timezone" in node else self._zone_else
            return times.as_told(get, zone) if zone else None
        if form == "rfc3339":
            return times.by_rfc3339(get)
        if form in ("epoch_ms", "epoch_s"):
            return times.by_epoch(get, 1 if form == "epoch_ms" else 1_000)
        if "%" not in form:
            node.wrong(
                "format",
                "rfc3339, epoch_ms, epoch_s or a pattern such as %Y-%m-%d %H:%M:%S",
                " rfc3339、epoch_ms、epoch_s 或 %Y-%m-%d %H:%M:%S 这样的格式",
            )
            return None
        zone = self._zone(node)
        return times.by_pattern(get, form, zone) if zone else None

    def _zone(self, node: Node) -> ZoneInfo | None:
        name = node.text("timezone", required=True)
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            node.wrong("timezone", "a name of the time zone database, e.g. Europe/Amsterdam", "时区名,如 Asia/Shanghai")
            return None

    def _start(self, node: Node, zone: ZoneInfo) -> int | None:
        value = node.body.get("start")
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            node.wrong("start", "a local time such as 2012-03-01T00:00:00", "当地时间,如 2012-03-01T00:00:00")
            return None
        return times.epoch_ms(datetime(*moment.timetuple()[:6], tzinfo=moment.tzinfo or zone))

    def _foreign(self, node: Node) -> Reader | None:
        """Return the reader of a foreign field, or of the first of several that is there."""
        names = node.body.get("field")
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            self._used.append(tuple(names))
            return read.first([read.getter(name) for name in names])
        path = node.text("field", required=True)
        if path is None:
            return None
        self._used.append((path,))
        return read.getter(path)

    def _field(self, event: Node, key: str, field: Field) -> Reader | None:
        value = event.body[key]
        if not isinstance(value, CommentedMap):
            return self._literal(event, key, field, value)
        node = event.node(key, _FIELD)
        if node is None:
            return None
        if ("field" in node) == ("value" in node):
            self._findings.add(
                event.place(key), f"`{key}` wants either `field` or `value`", f"`{key}` 须写 `field` 或 `value` 之一"
            )
            return None
        get = self._foreign(node) if "field" in node else read.constant(node.body.get("value"))
        if get is None:
            return None
        conditions = self._conditions(node, "missing_if")
        missing = tuple(node.items("missing") or ())
        if conditions or (missing and field.type != "number"):
            get = read.nulled(get, () if field.type == "number" else missing, conditions)
        if table := node.node("map", node.body.get("map") or ()):
            get = read.translated(get, table.body)
        return self._typed(node, key, field, get, missing)

    def _literal(self, event: Node, key: str, field: Field, value: Any) -> Reader | None:
        """Return the reader of a constant, or of a template with `${field}` holes."""
        if isinstance(value, str) and (names := read.holes(value)):
            self._used += [(name,) for name in names]
            if field.type in ("number", "time", "flag"):
                event.wrong(key, "{field: ...}, as it is no text", " {field: ...},因为它不是文本")
            return read.template(value)
        if field.type == "enum" and value not in field.values:
            event.wrong(key, f"one of {', '.join(field.values)}", f"以下之一:{'、'.join(field.values)}")
        if field.type == "number":
            found = event.number(key)
            return None if found is None else read.constant(found)
        if field.type == "flag" and not isinstance(value, bool):
            event.wrong(key, "true or false", " true 或 false")
        if field.type in ("id", "ephemeral", "text", "time") and not _is_text(value):
            event.wrong(key, "a text", "文本")
        return read.constant(str(value) if isinstance(value, str) else value)

    def _typed(self, node: Node, key: str, field: Field, get: Reader, missing: tuple[Any, ...]) -> Reader | None:
        if field.type == "number":
            unit = node.text("unit")
            by = 1.0 if unit is None else factor(unit, field.unit)
            if by is None:
                node.wrong(
                    "unit",
                    f"a unit that can be turned into {field.unit or 'a plain number'}",
                    f"可换算为 {field.unit or '无单位数值'} 的单位",
                )
                return None
            digits = node.number("digits", least=0, most=15)
            scale, offset = node.number("scale"), node.number("offset")
            return read.number(
                get,
                key,
                by if scale is None else by * scale,
                offset or 0.0,
                None if digits is None else int(digits),
                missing,
            )
        for name in ("unit", "scale", "offset", "digits"):
            if name in node:
                self._findings.add(
                    node.place(name),
                    f"`{name}` is for numbers, and `{key}` is of type {field.type}",
                    f"`{name}` 只用于数值,而 `{key}` 的类型是 {field.type}",
                )
        if field.type == "flag":
            return read.flag(get, key)
        return read.text(get, key, self._pattern(node))

    def _pattern(self, node: Node) -> re.Pattern[str] | None:
        text = node.text("match")
        try:
            pattern = compiled(text) if text is not None else None
        except (re.error, RecursionError, OverflowError):
            node.wrong("match", "a regular expression", "正则表达式")
            return None
        if text is not None and pattern is None:
            self._findings.add(
                node.value_place("match"),
                "`match` could take very long: it repeats a part that can match in several ways, or has many `.*`",
                "`match` 可能耗时过长:重复的部分可以有多种匹配方式,或 `.*` 过多",
                f"no `+` or `*` around another repeat or an `a|b`, and at most {OPEN_REPEATS_MAX} of them",
                f"`+`、`*` 之内不要再有重复或 `a|b`,且总数不超过 {OPEN_REPEATS_MAX} 个",
            )
        if pattern is not None and pattern.groups != 1:
            node.wrong("match", "one group, the part that stays", "恰好一个分组,即要保留的部分")
        return pattern


def _is_text(value: Any) -> bool:
    """Tell whether a constant may stand as a text or id: as in events, a whole number may."""
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53)
