"""What became of rule tests, for people and as JUnit XML, which build servers read."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import click

from citynerve.rule_tests import Outcome, Tested
from citynerve.text import say
from events.place import Place
from rules import errors
from streams.trial.expectation import as_expected, flow
from streams.trial.gaps import Gap
from streams.trial.run import Finding, Way

SUITE = "citynerve rules test"


def lines(file: Tested) -> Iterator[str]:
    """Yield what there is to say of the tests of a file that fail."""
    if file.problems:
        yield errors.format(file.problems)
    for outcome in file.outcomes:
        if outcome.has_failed:
            place = _place(outcome.test.place)
            yield click.style(say(en="FAILED", zh="失败"), fg="red") + f" {place}: {outcome.test.name}"
            yield from told(outcome)


def told(outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong with one test."""
    if outcome.problems:
        yield errors.format(outcome.problems)
    for finding in outcome.findings:
        yield from _finding(finding, outcome.test.start)


def _finding(finding: Finding, start: int) -> Iterator[str]:
    expected, alert = finding.expected, finding.alert
    match finding.kind:
        case "missing":
            assert expected is not None
            what = say(en="missing", zh="缺少")
            yield (
                _minus(f"  - {what}: {flow({'rule': expected.rule.text, **expected.written})}")
                + f"  ({_place(expected.place)})"
            )
        case "unexpected":
            assert alert is not None
            yield _plus(f"  + {say(en='not expected', zh='多出')}: {as_expected(alert, start)}")
        case "different":
            assert expected is not None
            assert alert is not None
            what = say(en="is different", zh="与预期不同")
            yield f"  ~ {expected.rule.text} {what}  ({_place(expected.place)})"
            width = max(len(each.name) for each in finding.differences)
            for each in finding.differences:
                yield "      " + _minus(f"{each.name:<{width}} - {each.expected}")
                yield "      " + _plus(f"{'':<{width}} + {each.got}")
        case "unstable":
            assert finding.way is not None
            yield f"  ! {_way(finding.way)}"
            yield from (_minus(f"      - {as_expected(lost, start)}") for lost in finding.without)
            yield from (_plus(f"      + {as_expected(found, start)}") for found in finding.within)


def _way(way: Way) -> str:
    ways: dict[Way, str] = {
        "batches": say(en="cut into other batches it gives other alerts", zh="换一种分批方式,告警不同"),
        "turned": say(en="with arrivals turned around it gives other alerts", zh="乱序到达时,告警不同"),
        "restored": say(en="with a restart after each event it gives other alerts", zh="每个事件之后重启,告警不同"),
    }
    return ways[way]


def _minus(text: str) -> str:
    return click.style(text, fg="red")


def _plus(text: str) -> str:
    return click.style(text, fg="green")


def _place(place: Place) -> str:
    return f"{place.path}:{place.line}"


def gap_lines(gaps: Sequence[Gap]) -> Iterator[str]:
    """Yield what no test looks at, rule by rule."""
    for rule in dict.fromkeys(gap.rule for gap in gaps):
        own = [gap for gap in gaps if gap.rule == rule]
        yield click.style(rule, bold=True) + f"  {_place(own[0].place)}"
        constants = [gap for gap in own if gap.written]
        yield from (f"  {_gap([gap])}" for gap in own if not gap.written)
        for written in dict.fromkeys((gap.kind, gap.written) for gap in constants):
            yield f"  {_gap([gap for gap in constants if (gap.kind, gap.written) == written])}"


def _gap(gaps: Sequence[Gap]) -> str:
    """Say what no test looks at: of one constant what it may be changed to, and all tests end the same."""
    kind, written = gaps[0].kind, gaps[0].written
    if kind == "firing":
        return say(en="no test in which it fires", zh="没有触发它的测试")
    if kind == "quiet":
        return say(en="no test in which it sees events and stays quiet", zh="没有收到事件而不触发的测试")
    if kind == "limit":
        return _one_sided(written, [str(gap.other) for gap in gaps])
    others = [f"`{gap.other}`" if kind == "number" else str(gap.other) for gap in gaps]
    en, zh = " or ".join(others), " 或 ".join(others)
    return say(
        en=f"`{written}`: with {en} in its place no test would fail; add one that tells them apart",
        zh=f"`{written}`:改成 {zh} 也没有测试失败,请补充能区分二者的测试",
    )


def _one_sided(written: str, others: Sequence[str]) -> str:
    """Say of a comparison that no test needs it to be false, or true; `others` are what it may always be."""
    if len(others) > 1:
        return say(
            en=f"`{written}`: no test needs it; add one in which it decides",
            zh=f"`{written}`:没有测试依赖它,请补充由它决定结果的测试",
        )
    other = "false" if others[0] == "true" else "true"
    return say(
        en=f"`{written}`: no test would fail if it were always {others[0]}; add one that needs it to be {other}",
        zh=f"`{written}`:恒为 {others[0]} 也没有测试失败,请补充要求它为 {other} 的测试",
    )


def junit(files: Sequence[Tested]) -> bytes:
    """Return the outcome of all tests as JUnit XML: a suite a file, a case a test."""
    root = ElementTree.Element("testsuites", name=SUITE)
    for file in files:
        failures = sum(bool(outcome.findings) for outcome in file.outcomes)
        broken = [outcome for outcome in file.outcomes if outcome.problems]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=str(file.path),
            tests=str(len(file.outcomes) + bool(file.problems)),
            failures=str(failures),
            errors=str(len(broken) + bool(file.problems)),
            time=f"{sum(outcome.seconds for outcome in file.outcomes):.3f}",
        )
        if file.problems:
            case = ElementTree.SubElement(suite, "testcase", name=str(file.path), classname=str(file.path))
            _entry(case, "error", errors.format(file.problems))
        for outcome in file.outcomes:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                name=outcome.test.name,
                classname=str(file.path),
                file=str(file.path),
                line=str(outcome.test.place.line),
                time=f"{outcome.seconds:.3f}",
            )
            if outcome.has_failed:
                text = "\n".join(click.unstyle(line) for line in told(outcome))
                _entry(case, "error" if outcome.problems else "failure", text)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _entry(case: ElementTree.Element, tag: str, text: str) -> None:
    first = next(iter(text.splitlines()), "").strip()
    ElementTree.SubElement(case, tag, message=first).text = text
