"""The shards of an engine as its newest snapshots have them, for whoever looks at what they hold."""

from collections.abc import Sequence
from pathlib import Path

from citynerve import config, controlled, engine
from citynerve.cli.failure import Failure
from citynerve.in_force import rules_of
from citynerve.located import Located
from citynerve.past import declared
from citynerve.text import say
from rules.check import Ruleset
from streams.control.references import References
from streams.embedded.folder import SNAPSHOTS, log_folder
from streams.log.blocks import lost_line
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.shard.choose import Slice
from streams.shard.reread import Event, SetTexts
from streams.shard.shard import Shard
from streams.snapshot.container import SnapshotError, damage, survey
from streams.snapshot.store import kept


class Restored:
    """The state of an engine behind its newest snapshots."""

    def __init__(self, found: Located, rules: Sequence[Path], reference: Path | None) -> None:
        self._log = LogReader(log_folder(found.data, "events"))
        newest, self.positions, self.damaged = _newest(found.data)
        self.ruleset, references = _rules(found, rules, reference, next(iter(newest.values())))
        self._texts = SetTexts(references.surroundings, config.city())
        try:
            self.shards = [self._restored(path, references) for path in newest.values()]
        except SnapshotError as error:
            raise Failure(
                say(
                    en=f"the newest snapshot is of other rules, feeds or another city than these: {error}; "
                    "name its rules with --rules",
                    zh=f"最新快照与这些规则、数据源或城市密钥不符: {error};请用 --rules 给出它的规则",
                )
            ) from error

    def _restored(self, path: Path, references: References) -> Shard:
        data = path.read_bytes()
        header, _ = survey(data)
        part = Slice(*header["shard"])
        shard = Shard(self.ruleset.plan, references, declared(header), config.city(), self.line, part)
        shard.restore(data)
        return shard

    def id_at(self, position: int) -> str:
        """Return the id of the event at a log position."""
        return Event(self.line(position), self._texts).id

    def line(self, position: int) -> bytes:
        """Return a line of the event log; in the place of one that is damaged or gone, an event that says so."""
        try:
            return self._log.line(position)
        except LogError:
            return lost_line(position)


def _newest(data: Path) -> tuple[dict[int, Path], dict[int, int], list[str]]:
    """Return by shard the newest snapshot that is sound and its log position, and newer ones that are not, with why.

    Raises
    ------
    Failure
        a shard has none
    """
    paths: dict[int, Path] = {}
    positions: dict[int, int] = {}
    damaged: list[str] = []
    there = kept(data / SNAPSHOTS)
    if not there:
        raise Failure(say(en=f"{data} has no snapshot yet", zh=f"{data} 还没有快照"))
    for shard, position, path in reversed(there):
        if shard in paths:
            continue
        if why := _damage(path):
            damaged.append(f"{path.name}: {why}")
        else:
            paths[shard], positions[shard] = path, position
    if lacking := sorted({shard for shard, _, _ in there} - paths.keys()):
        shards, why = ", ".join(map(str, lacking)), "; ".join(damaged)
        raise Failure(
            say(
                en=f"no snapshot of shard {shards} is sound: {why}. The next start reads the log again and writes new "
                "ones; look at the disk",
                zh=f"分片 {shards} 没有完好的快照: {why}。下次启动会重读日志并写出新的快照;请检查磁盘",
            )
        )
    return dict(sorted(paths.items())), positions, damaged


def _damage(path: Path) -> str:
    try:
        return damage(path.read_bytes())
    except OSError as error:
        return str(error)


def _rules(found: Located, rules: Sequence[Path], reference: Path | None, snapshot: Path) -> tuple[Ruleset, References]:
    """Return the rules and sets that a snapshot was written under: given, or published, or those of the engine."""
    if not rules and controlled.has_history(found.data):
        history = controlled.history(found.data, config.schemas([]))
        header, _ = survey(snapshot.read_bytes())
        entry = history.newest.get(header["ruleset"]) or history.current
        if entry is not None:
            return history.ruleset(entry), history.edition(entry).references
    checked = rules_of(found, rules)
    return checked, engine.Ruleset.joined(checked, reference or found.reference, force_empty=True).references
