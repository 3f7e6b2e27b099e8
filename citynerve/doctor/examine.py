"""All checks, in the order in which they are told."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.doctor import stored, system
from citynerve.doctor.desk import desk
from citynerve.doctor.finding import Finding, fine, warning, wrong
from citynerve.doctor.machine import Machine
from citynerve.doctor.rules import rules
from citynerve.located import Located, located
from events.place import Problems

Check = Callable[[Located, Machine], Iterator[Finding]]
CHECKS: Mapping[str, Check] = {
    "kernels": system.kernels,
    "secret": system.secret,
    "rules": rules,
    "disk": system.disk,
    "permissions": system.permissions,
    "clock": system.clock,
    "ports": system.ports,
    "log": stored.logs,
    "snapshots": stored.snapshots,
    "desk": desk,
}


def examine(path: Path | None, machine: Machine) -> Iterator[Finding]:
    """Yield what all checks find; of an engine that cannot be found only that."""
    try:
        found = located(path)
    except Problems as problems:
        for each in problems.problems:
            where = f"{each.place.path}:{each.place.line}:{each.place.column}: {each.code}"
            yield wrong(
                "configuration",
                f"{where} {each.en}",
                f"{where} {each.zh}",
                each.advice_en or "see  citynerve config check",
                each.advice_zh or "详见 citynerve config check",
            )
        return
    except Failure as error:
        yield wrong(
            "configuration", str(error), str(error), "make one: see docs/running.md", "请参照 docs/running.zh-CN.md"
        )
        return
    for each in found.settings.warnings if found.settings else ():
        yield warning(
            "configuration",
            f"{each.place.path}: {each.en}",
            f"{each.place.path}:{each.zh}",
            each.advice_en,
            each.advice_zh,
        )
    yield fine("configuration", f"the engine of {found.data}", f"引擎的数据目录为 {found.data}")
    for check in CHECKS.values():
        yield from check(found, machine)
