"""JSON Schema 2020-12 of rule files, from the tables of the language and the names in force: editors complete by it.

It says what can be said of a file's shape; names and types inside expressions are `rules.check`'s business.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, get_args

from ruamel.yaml import YAML

from events.schema import TYPES, Schemas, Sensitivity, Text
from rules.declaration_keys import AREA, BRANCH, ROUTE, SCORE, SILENCE, WORKDAYS
from rules.keys import PATTERNS, ROLES, RULE, STEP, WEEKDAYS, Key
from rules.reading import DURATION, LANGUAGES, NAME, NAME_WITH_DIGITS
from rules.score_declarations import unit_ms
from rules.scores import ALPHA, INACTIVITY_TITLE, SCORES, Score
from rules.vocabulary import DECLARATIONS, Vocabulary

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": ["string", "number"]}  # YAML reads `title: 2026` as a number, and we as a text
EXPRESSION: Schema = {"type": ["string", "number", "boolean"]}
_LENGTH = DURATION.pattern
_WINDOW = rf"^(day|{_LENGTH}( tumbling)?|session {_LENGTH}( max {_LENGTH})?)$"
_DATES = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( */ *[0-9]{4}-[0-9]{2}-[0-9]{2})?$"
_TIMEZONE = r"^[A-Za-z_]+([/+-][A-Za-z0-9_+-]+)*$"
_COLUMN = rf"^({'|'.join(TYPES)})( \S+)?$"


def json_schema(schemas: Schemas, vocabulary: Vocabulary) -> Schema:
    """Return the schema of rule and vocabulary files; names that are declared nowhere may be anything."""
    words = _Words(schemas, vocabulary)
    return {
        "$schema": DIALECT,
        "title": "citynerve",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {
            "version": {"const": 1, "description": _both({"en": "of the language", "zh": "语言版本"})},
            **{name: words.described(_DECLARED[name], words.declaration(name)) for name in DECLARATIONS},
            "let": words.described(_LET, _by_names(EXPRESSION, NAME.pattern)),
            "rules": words.described(_RULES, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}}),
        },
        "dependentRequired": {"let": ["rules"]},
        "$defs": {"rule": words.rule()},
    }


_LET: Text = {"en": "named expressions, for the rules of this file", "zh": "命名的表达式,供本文件的规则使用"}
_RULES: Text = {"en": "the rules", "zh": "规则"}
_DECLARED: Mapping[str, Text] = {
    "sets": {"en": "reference sets: keyed rows that rules join with", "zh": "参考集:规则按主键关联的数据"},
    "timezone": {"en": "the city's timezone", "zh": "城市的时区"},
    "calendars": {"en": "hours of the day, or days", "zh": "时段或日期"},
    "areas": {"en": "polygons, for inside() and near()", "zh": "区域多边形,供 inside()、near() 使用"},
    "scores": {"en": "score kernels with their parameters", "zh": "评分内核及其参数"},
    "routes": {"en": "the routes that rules may name", "zh": "规则可以使用的路由"},
    "tree": {"en": "where alerts go by what they say, read from above", "zh": "按告警内容决定去向,从上到下"},
}


class _Words:
    """Writes schemas of values, with the words that may stand there."""

    def __init__(self, schemas: Schemas, vocabulary: Vocabulary) -> None:
        fields = sorted({name for kind in schemas.kinds for name in schemas[kind].fields})
        self.kind = _one_of(schemas.kinds)
        self.field = _one_of(fields)
        self.set = _one_of(sorted(vocabulary.sets))
        self.route = _one_of(vocabulary.routes)
        self.calendars = sorted(vocabulary.calendars)
        self.areas = sorted(vocabulary.areas)

    @staticmethod
    def described(text: Text, schema: Schema) -> Schema:
        """Return a schema with its description in both languages."""
        return {**schema, "description": _both(text)}

    def rule(self) -> Schema:
        """Return the schema of a rule: at most one pattern; `from` where no step of a sequence names the kinds."""
        keys = self.mapping(RULE)
        if self.calendars:  # any expression may stand there, but the calendars are offered
            active = keys["properties"]["active"]
            del active["type"]
            active["anyOf"] = [{"enum": self.calendars}, EXPRESSION]
        keys["properties"]["when"]["examples"] += [f"inside('{area}')" for area in self.areas]
        return {
            **keys,
            "if": {"not": {"required": ["sequence"]}},
            "then": {"required": ["from"]},
            "dependentRequired": {"threshold": ["window"]},
            "dependentSchemas": {
                pattern: {"properties": {other: False for other in PATTERNS if other != pattern}}
                for pattern in PATTERNS
            },
        }

    def mapping(self, keys: Mapping[str, Key]) -> Schema:
        """Return the schema of a mapping with known keys."""
        required = [name for name, key in keys.items() if key.is_required]
        return {
            "type": "object",
            "additionalProperties": False,
            **({"required": required} if required else {}),
            "properties": {name: self.key(key) for name, key in keys.items()},
        }

    def key(self, key: Key) -> Schema:
        """Return the schema of a key's value, with what it says and its example."""
        return {**self.described(key.title, self.value(key)), "examples": [_value(key.example)]}

    def value(self, key: Key) -> Schema:
        """Return the schema of a key's value."""
        match key.shape:
            case "name":
                return {"type": ["string", "integer"], "pattern": f"^{NAME_WITH_DIGITS.pattern}$"}
            case "kinds":
                return _one_or_more(self.kind)
            case "fields":
                return _one_or_more(self.field)
            case "set":
                return self.set
            case "route":
                return self.route
            case "routes":
                return _one_or_more(self.route)
            case "expression":
                return EXPRESSION
            case "duration":
                return {"type": "string", "pattern": f"^{_LENGTH}$"}
            case "silence":
                return {
                    "anyOf": [
                        {"type": "string", "pattern": f"^{_LENGTH}$"},
                        {"type": "string", "pattern": f"^({NAME.pattern}\\.)?unusual$"},
                    ]
                }
            case "window":
                return {"type": "string", "pattern": _WINDOW}
            case "times":
                return {"type": ["string", "integer"], "pattern": r"^[0-9]+( distinct .+)?$", "minimum": 1}
            case "whole":
                return {"type": "integer", "minimum": 1}
            case "word":
                return {"enum": list(key.words)}
            case "date":
                return {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
            case "text":
                return TEXT
            case "texts":
                return {"anyOf": [TEXT, _with(dict.fromkeys(LANGUAGES, TEXT))]}
            case "named texts":
                return {"type": "object", "additionalProperties": TEXT}
            case "ladder":
                return {"anyOf": [{"enum": list(key.words)}, _with(dict.fromkeys(key.words, EXPRESSION))]}
            case "mapping":
                return self.mapping(key.keys)
            case "list":
                return {"type": "array", "items": self.item(key.keys)}
            case "points":
                point = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
                return {"type": "array", "items": point, "minItems": 3}
            case "weekdays":
                return _one_or_more(_one_of(WEEKDAYS))
            case "dates":
                return _one_or_more({"type": "string", "pattern": _DATES})
            case "number":
                return {"type": "number"}
            case "names":
                return {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
            case "flag":
                return {"type": "boolean"}
            case "words":
                return _one_or_more(_one_of(key.words))

    def item(self, keys: Mapping[str, Key]) -> Schema:
        """Return the schema of what a list holds; a step of a sequence names one role."""
        if keys is not STEP:
            return self.mapping(keys)
        return {**self.mapping(keys), "oneOf": [{"required": [role]} for role in ROLES]}

    def declaration(self, name: str) -> Schema:
        """Return the schema of what a declaration holds."""
        match name:
            case "timezone":
                return {"type": "string", "pattern": _TIMEZONE}
            case "calendars":
                return _by_names({"anyOf": [*_one_or_more(TEXT)["anyOf"], self.mapping(WORKDAYS)]}, NAME.pattern)
            case "areas":
                return _by_names(self.mapping(AREA), NAME.pattern)
            case "sets":
                column = {
                    "type": {"type": "string", "pattern": _COLUMN},
                    "unit": TEXT,
                    "sensitivity": {"enum": list(get_args(Sensitivity))},
                    "max": {"type": "integer", "minimum": 1},
                }
                spelled = {"anyOf": [column["type"], {**_with(column), "required": ["type"]}]}
                known = {"key": _one_or_more(TEXT), "columns": _by_names(spelled, NAME.pattern)}
                return _by_names({**_with(known), "required": ["key"]}, NAME.pattern)
            case "routes":
                return {"type": "array", "items": {"anyOf": [TEXT, self.mapping(ROUTE)]}}
            case "tree":
                one = [{"required": [key]} for key in ("route", "also", "default")]
                return {"type": "array", "items": {**self.mapping(BRANCH), "oneOf": one}}
            case _:
                scores = [self.score(kernel, score) for kernel, score in SCORES.items()]
                return _by_names({"oneOf": [*scores, self.silence()]}, NAME.pattern)

    def silence(self) -> Schema:
        """Return the schema of a score that absences go by."""
        schema = self.mapping(SILENCE)
        schema["properties"]["kernel"]["description"] = _both(INACTIVITY_TITLE)
        schema["properties"]["alpha"] |= {"minimum": ALPHA.least, "maximum": ALPHA.most, "default": ALPHA.default}
        return schema

    def score(self, kernel: str, score: Score) -> Schema:
        """Return the schema of a score that a kernel computes, with what it says and may be told."""
        schema = self.mapping({**SCORE, "outputs": replace(SCORE["outputs"], words=tuple(score.outputs))})
        schema["properties"]["kernel"] |= {"enum": [kernel], "description": _both(score.title)}
        schema["properties"] |= {
            name: {
                "type": ["number", "string"] if unit_ms(name) else "number",
                "minimum": each.least,
                "maximum": each.most,
                **({"pattern": f"^{_LENGTH}$"} if unit_ms(name) else {}),
                "default": each.default,
                "description": _both(each.title),
            }
            for name, each in score.parameters.items()
        }
        return schema


def _value(example: str) -> Any:
    """Return what an example is in JSON; dates are texts there."""
    found = YAML(typ="safe", pure=True).load(example)
    return [_text(each) for each in found] if isinstance(found, list) else _text(found)


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _both(text: Text) -> str:
    return f"{text['en']} / {text['zh']}"


def _one_of(words: Iterable[str]) -> Schema:
    known: Sequence[str] = list(words)
    return {"enum": known} if known else TEXT


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _with(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": dict(properties)}


def _by_names(schema: Schema, pattern: str) -> Schema:
    return {"type": "object", "additionalProperties": schema, "propertyNames": {"pattern": f"^({pattern})$"}}
