"""`threshold`: a condition over aggregates of a window; with `for`, `clear` or `baseline` a state, else a point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernels.instants import DAY_MS
from rules.aggregates import AGGREGATES
from rules.conditions import Conditions, named
from rules.expression.canonical import canonical, duration
from rules.expression.program import Target, compile
from rules.expression.scope import Scope
from rules.expression.typed import Aggregated, Coverage, Expected, Typed, ZScore
from rules.keys import BASELINE, EXAMPLES, SEASONS
from rules.model import Baseline, Threshold, Window
from rules.patterns import bounds, empty, ending, plan, window
from rules.reading import Reader
from rules.yaml import Mapping as Document
from rules.yaml import Node, Scalar

LEARN_MS = 4 * 7 * DAY_MS  # of a baseline that does not say
MIN_SAMPLES = 3  # likewise
SEASON_MS = {"none": 0, "day": DAY_MS, "week": 7 * DAY_MS}
_GO_WITH: dict[str, tuple[plan.Panes, ...]] = {
    "for": ("sliding", "tumbling", "day"),  # a session is one alert as it is
    "clear": ("sliding", "tumbling", "day"),
    "baseline": ("tumbling", "day"),
}
_FORMS = {"sliding": "10m", "tumbling": "15m tumbling", "day": "day"}


@dataclass(frozen=True, slots=True)
class Counted:
    """An aggregate, and how many events or values of it are told apart (of a quantile: which one)."""

    leaf: Aggregated
    parameter: float

    @property
    def name(self) -> str:
        """Its canonical spelling."""
        return canonical(self.leaf.node)


@dataclass(frozen=True, slots=True)
class CheckedThreshold:
    """A threshold that may run. `usual` are the places in `aggregates` of those that the baseline learns."""

    written: Threshold
    condition: Typed
    clear: Typed | None
    needed: int
    aggregates: tuple[Counted, ...]
    usual: tuple[int, ...]

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return self.conditions

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with."""
        return (self.condition,) if self.clear is None else (self.condition, self.clear)

    @property
    def accumulated(self) -> tuple[Typed, ...]:
        """What is evaluated over events into the state."""
        return tuple(each.leaf for each in self.aggregates)

    @property
    def extras(self) -> dict[str, int]:
        """Rows of EXTRA by what they give."""
        rows = {aggregate.name: i for i, aggregate in enumerate(self.aggregates)}
        for i, place in enumerate(self.usual):
            name = self.aggregates[place].name
            rows[f"zscore({name})"] = len(self.aggregates) + 2 * i
            rows[f"expected({name})"] = len(self.aggregates) + 2 * i + 1
        return rows

    def state(self) -> dict[str, Any]:
        """What accumulates, for the signature; of which aggregates is for each of those to say that share it."""
        return {"window": self._window}

    def asked(self) -> list[Any]:
        """What it asks of a window that others may share: more than another rule asked must be counted anew."""
        return [[[each.name, each.parameter] for each in self.aggregates], self._baseline, self.usual]

    def form(self) -> dict[str, Any]:
        """What it means, key by key, for the version."""
        return {
            "window": self._window,
            "threshold": canonical(self.condition.node),
            "for": self.written.hold_ms,
            "clear": canonical(self.clear.node) if self.clear else None,
            "baseline": self._baseline,
            "resolve_after": self.written.resolve_after_ms,
        }

    @property
    def _window(self) -> list[Any]:
        window = self.written.window
        return [window.panes, window.length_ms, window.max_ms]

    @property
    def _baseline(self) -> list[Any] | None:
        usual = self.written.baseline
        return None if usual is None else [usual.season, usual.learn_ms, usual.min_samples]

    def plan(self, target: Target) -> plan.Threshold:
        """Compile."""
        written, baseline = self.written.window, self.written.baseline
        aggregates = tuple(
            plan.Aggregate(
                each.leaf.function,
                compile(each.leaf.argument, target) if each.leaf.argument is not None else None,
                each.parameter,
            )
            for each in self.aggregates
        )
        return plan.Threshold(
            window=plan.Window(written.length_ms, written.panes, aggregates, written.max_ms),
            condition=compile(self.condition, target),
            needed=self.needed,
            hold_ms=self.written.hold_ms,
            clear=compile(self.clear, target) if self.clear is not None else None,
            resolve_after_ms=self.written.resolve_after_ms,
            baseline=plan.Baseline(baseline.season, baseline.learn_ms, baseline.min_samples, self.usual)
            if baseline
            else None,
            once=self.written.once,
        )


# reading


def read(found: Mapping[str, Node], mapping: Document, reader: Reader) -> Threshold:
    """Read a threshold and the keys that belong to it; what cannot be read is reported and stands in for itself."""
    place = mapping.key("threshold").place
    condition = reader.text("threshold", found["threshold"]) or Scalar("true", place)
    read = window.read(found["window"], reader) if "window" in found else None
    looked_at = read or Window(DAY_MS, "sliding", place)
    threshold = Threshold(
        condition=condition,
        window=looked_at,
        hold_ms=reader.duration("for", found["for"], least_ms=1) if "for" in found else None,
        clear=reader.text("clear", found["clear"]) if "clear" in found else None,
        baseline=_baseline(found["baseline"], mapping, reader) if "baseline" in found else None,
        resolve_after_ms=reader.duration("resolve_after", found["resolve_after"], least_ms=1)
        if "resolve_after" in found
        else None,
        once=looked_at.panes == "session" and "cooldown" not in found,
    )
    if read is not None:
        _fits(found, mapping, threshold, reader)
    if "resolve_after" in found and not {"for", "clear", "baseline"} & found.keys():
        others = "for` / `clear` / `baseline"
        reader.report("E012", found["resolve_after"].place, key="resolve_after", other=others, near=EXAMPLES["for"])
    return threshold


def _fits(found: Mapping[str, Node], mapping: Document, threshold: Threshold, reader: Reader) -> None:
    """Report what does not go with the window."""
    panes = threshold.window.panes
    for key, others in _GO_WITH.items():
        if key in found and panes not in others:
            shown = ", ".join(_FORMS[each] for each in others)
            reader.report("E050", mapping.key(key).place, key=key, others=shown)
    baseline = threshold.baseline
    season_ms = SEASON_MS[baseline.season] if baseline else 0
    if baseline is None or not season_ms or panes not in ("tumbling", "day"):
        return
    length_ms = threshold.window.length_ms
    if season_ms % length_ms:
        reader.report("E052", baseline.place, season=baseline.season, length=duration(length_ms))


def _baseline(node: Node, mapping: Document, reader: Reader) -> Baseline:
    keys = reader.table("baseline", node, BASELINE, "`baseline`", "baseline")
    word = reader.word("season", keys["season"], SEASONS, "season", "周期") if "season" in keys else None
    learn_ms = reader.duration("learn", keys["learn"], least_ms=1) if "learn" in keys else None
    samples = reader.whole("min_samples", keys["min_samples"]) if "min_samples" in keys else None
    return Baseline(
        season=next((season for season in SEASONS if season == word), "none"),
        learn_ms=LEARN_MS if learn_ms is None else learn_ms,
        min_samples=MIN_SAMPLES if samples is None else samples,
        place=mapping.key("baseline").place,
    )


# checking


def judged(threshold: Threshold, events: Scope) -> Scope:
    """Return where conditions, severity and texts stand: at the end of a pane no event is in hand."""
    at_events = threshold.window.panes in ("sliding", "session")
    return replace(events, pattern="window", baseline=threshold.baseline is not None, in_hand=at_events)


def check(
    threshold: Threshold, scope: Scope, others: Sequence[Typed], shown: Sequence[Typed], conditions: Conditions
) -> CheckedThreshold | None:
    """Check the conditions, and find what has to be counted for them.

    `others` are the conditions of `severity`, `shown` the values of texts.
    """
    condition = conditions.condition(threshold.condition, scope)
    clear = conditions.condition(threshold.clear, scope)
    asked = [typed for typed in (condition, clear, *others) if typed is not None]
    everything = (*asked, *shown)
    sliding = threshold.window.panes == "sliding"
    aggregates = []
    for leaf in sorted(named(Aggregated, everything).values(), key=_place):
        parameter = leaf.parameter
        if leaf.function in bounds.BOUNDED:
            most, found = bounds.told_apart(leaf, sliding, asked, shown, conditions.vocabulary.sets)
            parameter = float(most)
            conditions.problems += found
        aggregates.append(Counted(leaf, parameter))
    of_baseline: list[ZScore | Expected] = [*named(ZScore, everything).values(), *named(Expected, everything).values()]
    usual = {canonical(leaf.of.node) for leaf in of_baseline}
    fits = threshold.window.panes in _GO_WITH["baseline"]
    if threshold.baseline is not None and fits and not usual and condition is not None:
        conditions.report("E056", threshold.baseline.place)
    if condition is None:
        return None
    if not (threshold.is_state or aggregates or named(Coverage, asked)):
        conditions.report("W363", threshold.condition.place)
    if clear is not None:
        conditions.problems += ending.overlaps(condition, clear)
    if threshold.is_state and threshold.resolve_after_ms is None:
        conditions.problems += empty.endless(condition, clear)
    return CheckedThreshold(
        written=threshold,
        condition=condition,
        clear=clear,
        needed=bounds.needed(condition),
        aggregates=tuple(aggregates),
        usual=tuple(place for place, each in enumerate(aggregates) if each.name in usual),
    )


def _place(leaf: Aggregated) -> tuple[int, str]:
    """Sort aggregates in the order of their table, so that the same ones are the same state however they are asked."""
    return list(AGGREGATES).index(leaf.function), canonical(leaf.node)
