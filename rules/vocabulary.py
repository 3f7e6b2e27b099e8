"""The vocabulary: what rules may name besides fields. Declared once, in any file, for the whole ruleset."""

from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from events.place import Place
from events.schema import KEY_TYPES, TYPES, FieldType, Schemas
from rules import areas, routing, score_declarations, silence_declarations
from rules.alert_condition import Words
from rules.broken import Broken, Section
from rules.declaration_keys import WORKDAYS
from rules.expression import units
from rules.keys import WEEKDAYS
from rules.plan import Polygon
from rules.reading import Reader, better_name
from rules.routing import Branch, Route
from rules.score_declarations import ScoreDeclaration
from rules.silence_declarations import SilenceDeclaration
from rules.yaml import Items, Mapping, Node, Scalar, words

DECLARATIONS: tuple[Section, ...] = ("sets", "timezone", "calendars", "areas", "scores", "routes", "tree")
NAMED: tuple[Section, ...] = ("sets", "calendars", "areas", "scores")  # whose entries have names


@dataclass(frozen=True, slots=True)
class ColumnDeclaration:
    """A column of a set. `max` bounds what count() may be compared with."""

    name: str
    type: FieldType
    unit: str | None = None
    personal: bool = False
    max: int | None = None


@dataclass(frozen=True, slots=True)
class SetDeclaration:
    """A reference set: its key fields in order, and all columns, the key's first."""

    name: str
    key: tuple[str, ...]
    columns: Names[str, ColumnDeclaration]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class CalendarDeclaration:
    """A calendar as it was written: one daily interval, or several of days; `rules.calendar` reads the texts.

    Of working days `parts` are the weekdays, from which `holidays` are taken and to which `makeup` days are added.
    """

    name: str
    parts: tuple[Scalar, ...]
    place: Place = field(compare=False)
    holidays: tuple[Scalar, ...] = ()
    makeup: tuple[Scalar, ...] = ()

    @property
    def form(self) -> tuple[tuple[str, ...], ...]:
        """What it says, without places."""
        return tuple(tuple(part.text for part in parts) for parts in (self.parts, self.holidays, self.makeup))


@dataclass(slots=True)
class Vocabulary:
    """Everything declared, over all files; `broken` is what was meant to be."""

    sets: dict[str, SetDeclaration] = field(default_factory=dict)
    calendars: dict[str, CalendarDeclaration] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    tree: list[Branch] = field(default_factory=list)
    areas: dict[str, Polygon] = field(default_factory=dict)
    scores: dict[str, ScoreDeclaration] = field(default_factory=dict)
    silences: dict[str, SilenceDeclaration] = field(default_factory=dict)  # scores that absences go by
    timezone: str | None = None
    timezone_place: Place | None = None
    broken: Broken = field(default_factory=Broken)
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)
    _seen_by_routes: list[Scalar] = field(default_factory=list)

    @property
    def has_timezone(self) -> bool:
        """Whether civil time means something, or was meant to."""
        return self.timezone is not None or self.broken.has("", "timezone")

    def declare(self, document: Mapping, reader: Reader, schemas: Schemas) -> None:
        """Add the declarations of one file; a name declared twice must mean the same."""
        for key in NAMED:
            node = document.get(key)
            mapping = reader.mapping(key, node) if node is not None else None
            if node is not None and mapping is None:
                self._broken_words(key, node)
            for name, body in mapping.entries if mapping else ():
                if reader.named(name, *_WHAT[key]):
                    self._declare(key, name, body, reader, schemas)
                else:
                    self.broken.add(key, name.text)
                    self.broken.add(key, better_name(name.text))
        if (node := document.get("routes")) is not None:
            if not isinstance(node, Items):
                self._broken_words("routes", node)
            for item in reader.items("routes", node):
                self._route(item, reader)
        if (node := document.get("tree")) is not None:
            place = document.key("tree").place
            first = self._places.setdefault(("tree", ""), place)
            if first == place:
                self.tree = routing.read_tree(node, reader)
            else:
                reader.report(
                    "E007", place, what="tree", what_zh="路由树", name="tree", path=first.path, line=first.line
                )
        if (node := document.get("timezone")) is not None:
            self._timezone(node, reader)

    def _broken_words(self, section: Section, node: Node) -> None:
        """A section of the wrong shape: what stands in it may have been meant as its names."""
        for word in words(node, keys=True):
            self.broken.add(section, word)

    def _declare(self, key: Section, name: Scalar, body: Node, reader: Reader, schemas: Schemas) -> None:
        if key == "sets":
            declared = self._set(name, body, reader, schemas)
            if declared is None:
                self.broken.add(key, name.text)
            elif self._once("sets", name, declared, self.sets.get(name.text), reader):
                self.sets[name.text] = declared
        elif key == "calendars":
            calendar = _calendar(name, body, reader)
            known = self.calendars.get(name.text)
            if calendar is None:
                self.broken.add(key, name.text)
            elif self._once(key, name, calendar.form, known.form if known else None, reader):
                self.calendars[name.text] = calendar
        elif key == "areas":
            area = areas.inline(name.text, body, reader)
            if area is None:
                self.broken.add(key, name.text)
            else:
                self.area(area, name, reader)
        else:
            self._score(name, body, reader, schemas)

    def _score(self, name: Scalar, body: Node, reader: Reader, schemas: Schemas) -> None:
        known = self.scores.get(name.text) or self.silences.get(name.text)
        if silence_declarations.concerns(body):
            silence = silence_declarations.read(name, body, reader)
            if silence is not None and self._once("scores", name, silence, known, reader):
                self.silences[name.text] = silence
        else:
            score = score_declarations.read(name, body, reader, schemas)
            if score is None:
                self.broken.add("scores", name.text)
            elif self._once("scores", name, score, known, reader):
                self.scores[name.text] = score

    def _set(self, name: Scalar, body: Node, reader: Reader, schemas: Schemas) -> SetDeclaration | None:
        mapping = reader.mapping(f"sets.{name.text}", body)
        if mapping is None:
            return None
        found = reader.keys(mapping, ("key", "columns"), f"set `{name.text}`", f"参考集 {name.text}")
        if "key" not in found:
            reader.lacks(name.place, f"set `{name.text}`", f"参考集 {name.text}", "key")
            return None
        key = reader.names("key", found["key"], needed=True)
        columns: dict[str, ColumnDeclaration] = {}
        declared = reader.mapping("columns", found["columns"]) if "columns" in found else None
        for column, spelled in declared.entries if declared else ():
            if reader.named(column, "column", "列名") and (read := _column(column, spelled, reader, schemas)):
                columns[column.text] = read
            else:
                self.broken.add("sets", f"{name.text}.{column.text}")
        for part in key:
            columns.setdefault(part.text, ColumnDeclaration(part.text, *_type_of(part.text, schemas)))
            if columns[part.text].type not in KEY_TYPES:
                reader.report("E019", part.place, name=part.text, set=name.text)
                return None
        first = {part.text: columns[part.text] for part in key}
        return SetDeclaration(name.text, tuple(first), first | columns, name.place) if key else None

    def area(self, area: Polygon, name: Scalar, reader: Reader) -> None:
        """Add an area; `name` is where it is declared."""
        if self._once("areas", name, area, self.areas.get(name.text), reader):
            self.areas[name.text] = area

    def geojson(self, path: str, data: bytes, reader: Reader) -> None:
        """Add the areas of a GeoJSON file."""
        before = len(reader.problems)
        declarations = areas.geojson(path, data, reader)
        if len(reader.problems) > before:
            self.broken.add("areas")  # what a feature is called may be what is wrong
        for declared in declarations:
            self.area(declared.area, Scalar(declared.area.name, declared.place), reader)

    def _once(self, key: str, name: Scalar, new: object, old: object, reader: Reader) -> bool:
        first = self._places.setdefault((key, name.text), name.place)
        if old is None or old == new:
            return True
        what, what_zh = _WHAT[key]
        reader.report("E017", name.place, what=what, what_zh=what_zh, name=name.text, path=first.path, line=first.line)
        return False

    def _route(self, node: Node, reader: Reader) -> None:
        """A name, or a name with what the dispatcher needs to know of it."""
        before = len(reader.problems)
        route = routing.read_route(node, reader)
        if route is None or any(each.level == "error" for each in reader.problems[before:]):
            self.broken.add("routes", "" if route is None else route.name)
            return
        self._seen_by_routes += routing.field_names(node)
        self.routes.setdefault(route.name, route)
        if not isinstance(node, Mapping):
            return  # a name alone says nothing of it
        first = self._places.setdefault(("routes", route.name), node.place)
        if first == node.place:
            self.routes[route.name] = route
        elif self.routes[route.name] != route:
            reader.report(
                "E017", node.place, what="route", what_zh="路由", name=route.name, path=first.path, line=first.line
            )

    def check_routes(self, words: Words, reader: Reader, schemas: Schemas) -> None:
        """Report what routes and their tree name that there is not; `words` are of the rules."""
        columns = [f"{name}.{column}" for name, declared in self.sets.items() for column in declared.columns]
        routing.check_fields(self._seen_by_routes, columns, self.broken, schemas, reader)
        routing.check_topics(self.routes.values(), reader)
        routing.check_tree(self.tree, words, reader)

    def _timezone(self, node: Node, reader: Reader) -> None:
        scalar = reader.text("timezone", node)
        if scalar is None:
            self.broken.add("timezone")
            return
        try:
            ZoneInfo(scalar.text)
        except (ValueError, OSError, KeyError):
            reader.report("E020", scalar.place, name=scalar.text)
            self.broken.add("timezone")
            return
        if self.timezone not in (None, scalar.text) and self.timezone_place:
            reader.report(
                "E017",
                scalar.place,
                what="timezone",
                what_zh="时区",
                name=scalar.text,
                path=self.timezone_place.path,
                line=self.timezone_place.line,
            )
            return
        self.timezone, self.timezone_place = scalar.text, scalar.place


_WHAT = {
    "sets": ("set", "参考集"),
    "calendars": ("calendar", "日历"),
    "areas": ("area", "区域"),
    "scores": ("score", "评分"),
}


def _calendar(name: Scalar, body: Node, reader: Reader) -> CalendarDeclaration | None:
    """Read a list of hours, weekdays and dates, or working days as `{holidays: [...], makeup: [...]}`."""
    if not isinstance(body, Mapping):
        parts = reader.names(f"calendars.{name.text}", body, needed=True)
        return CalendarDeclaration(name.text, parts, body.place) if parts else None
    where = f"calendar `{name.text}`", f"日历 {name.text}"
    keys = reader.table(f"calendars.{name.text}", body, WORKDAYS, *where)
    days = {key: reader.names(key, node) for key, node in keys.items()}
    weekdays = days.get("weekdays") or tuple(Scalar(day, name.place) for day in WEEKDAYS[:5])
    return CalendarDeclaration(name.text, weekdays, body.place, days.get("holidays", ()), days.get("makeup", ()))


def _type_of(name: str, schemas: Schemas) -> tuple[FieldType, str | None, bool]:
    """Return type, unit and sensitivity of a key field as the schemas have it; an id where no kind does."""
    for kind in schemas.kinds:
        if declared := schemas[kind].fields.get(name):
            return declared.type, declared.unit, declared.sensitivity == "personal"
    return "id", None, False


def _column(name: Scalar, node: Node, reader: Reader, schemas: Schemas) -> ColumnDeclaration | None:
    """Read `number m`, or `{type: number, unit: m, sensitivity: personal, max: 200}`."""
    unit: Scalar | None = None
    personal, most = False, None
    if isinstance(node, Mapping):
        found = reader.keys(node, ("type", "unit", "sensitivity", "max"), f"column `{name.text}`", f"列 {name.text}")
        if "type" not in found:
            reader.lacks(name.place, f"column `{name.text}`", f"列 {name.text}", "type", "type: number")
            return None
        unit = reader.text("unit", found["unit"]) if "unit" in found else None
        if "sensitivity" in found:
            words = ("open", "personal")
            personal = reader.word("sensitivity", found["sensitivity"], words, "sensitivity", "敏感级") == "personal"
        most = reader.whole("max", found["max"]) if "max" in found else None
        node = found["type"]
    scalar = reader.text(f"columns.{name.text}", node)
    if scalar is None:
        return None
    word, _, spelled = scalar.text.partition(" ")
    if spelled.strip():
        unit = Scalar(spelled.strip(), scalar.at(scalar.text.index(spelled.strip(), len(word)), len(spelled.strip())))
    if word not in TYPES:
        reader.report("E018", scalar.place, word=word)
    elif unit is not None and word != "number":
        reader.report("E018", scalar.place, word=f"{word} {unit.text}")
    elif unit is not None and unit.text not in (there := units.known(schemas.units)):
        note = f"units / 单位: {' '.join(there)}"
        reader.report("E090", unit.place, unit=unit.text, near=units.meant(unit.text, there), note=note)
    else:
        return ColumnDeclaration(name.text, word, unit.text if unit is not None else None, personal, most)
    return None
