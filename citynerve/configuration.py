"""`citynerve.yaml`: what an engine that runs for years is made of. Read with the places of its errors, as rules are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from citynerve.configuration_environment import overridden, strays
from citynerve.configuration_keys import DESKS, FEED, HTTP, LOG, METRICS, PRIORITIES, TLS, TOP, WATCHES
from connectors.http.tokens import PAUSE_S, Sender, Senders
from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules import yaml
from rules.files import unreadable
from rules.keys import Key
from rules.reading import Reader
from rules.yaml import Node
from streams.log.file_log import AT_ONCE, Commits, Retention
from streams.time.watermark import LATENESS_MS, Feed

_MIB, _GIB = 1 << 20, 1 << 30
_SHA256_DIGITS = 64
_WHOLE_MAX = 1 << 30
SHARDS_MAX, PORT_MAX, ZSTD_MAX = 256, 65_535, 22
COMMIT_MIB_MAX, COMMIT_WAIT_MAX_MS = 256, 1000


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the file says; paths are relative to its folder."""

    data: Path
    rules: tuple[Path, ...]
    reference: Path | None
    watch: bool
    shards: int
    feeds: tuple[Feed, ...]
    urgent: frozenset[str]
    senders: Senders
    http: tuple[str, int]  # host and port
    metrics: tuple[str, int]
    retention: Retention
    zstd: int
    commits: Commits
    tls: tuple[Path, Path] | None = None  # files of the certificate and the key of `http`
    has_desk: bool = True  # beside the engine
    places: Mapping[str, Place] = field(default_factory=dict)  # where values stand, by keys such as `log.keep`
    warnings: tuple[Problem, ...] = ()


def read(path: Path, schemas: Schemas, environment: Mapping[str, str]) -> Configuration:
    """Read a configuration; variables of an environment take the place of what it says.

    Raises
    ------
    Problems
        everything that is wrong with it
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Problems([unreadable(path, error, Place(str(path), 1))]) from None
    top, problems = yaml.read(str(path), text)
    reader = _Reader(path.parent, schemas, overridden(environment))
    found = reader.configuration(top) if top is not None else None
    problems += reader.problems
    if problems or found is None:
        raise Problems(problems or [Problem("C000", Place(str(path), 1), "the file is empty", "文件为空")])
    return replace(found, warnings=tuple(strays(environment)))


class _Reader(Reader):
    examples: Mapping[str, str] = {
        name: f"{name}: {key.example}" for table in (TOP, FEED, HTTP, TLS, METRICS, LOG) for name, key in table.items()
    }

    def __init__(self, folder: Path, schemas: Schemas, environment: Mapping[str, Mapping[str, Node]]) -> None:
        super().__init__()
        self._folder, self._schemas, self._environment = folder, schemas, environment
        self._places: dict[str, Place] = {}

    def configuration(self, top: Node) -> Configuration | None:
        """Return what the file says; None where it is wrong."""
        keys = self._placed("", self.table("citynerve.yaml", top, TOP, "the file", "文件"))
        if "version" in keys and (version := self.text("version", keys["version"])) and version.text != "1":
            self.report("E004", version.place)
        feeds, urgent, senders = self._feeds(keys.get("feeds"))
        log = self._section("log", keys.get("log"), LOG)
        usual = Retention()
        segment = self._whole(log, "segment_mib", usual.segment_bytes // _MIB)
        retention = Retention(
            segment_bytes=segment * _MIB,
            keep_ms=(self.duration("keep", log["keep"]) if "keep" in log else None) or usual.keep_ms,
            keep_bytes=self._whole(log, "keep_gib", usual.keep_bytes // _GIB) * _GIB,
            headroom_bytes=self._whole(log, "headroom_mib", usual.headroom_bytes // _MIB, least=0) * _MIB,
        )
        wait = self.duration("commit_wait", log["commit_wait"]) if "commit_wait" in log else None
        if wait is not None and wait > COMMIT_WAIT_MAX_MS:
            self.out_of_range(log["commit_wait"].place, "commit_wait", "0ms", "1s", is_more=True)
        full = self._whole(log, "commit_mib", AT_ONCE.full_bytes // _MIB, most=COMMIT_MIB_MAX)
        http = self._section("http", keys.get("http"), HTTP)
        found = Configuration(
            data=self._path(keys.get("data"), "data") or self._folder / "data",
            rules=tuple(self._folder / name.text for name in self.names("rules", keys["rules"]))
            if "rules" in keys
            else (),
            reference=self._path(keys.get("reference"), "reference"),
            watch="watch" not in keys or self.word("watch", keys["watch"], WATCHES, "word", "词") != "false",
            shards=self._whole(keys, "shards", 1, most=SHARDS_MAX),
            feeds=tuple(feeds),
            urgent=frozenset(urgent),
            senders=senders,
            http=self._address(http, HTTP),
            metrics=self._address(self._section("metrics", keys.get("metrics"), METRICS), METRICS),
            retention=retention,
            zstd=self._whole(log, "zstd", 0, least=0, most=ZSTD_MAX),
            commits=Commits(full * _MIB, (wait or 0) / 1000),
            tls=self._tls(http.get("tls")),
            has_desk="desk" not in keys or self.word("desk", keys["desk"], DESKS, "word", "词") == "beside",
            places=self._places,
        )
        if found.http == found.metrics and found.http[1]:
            self.problems.append(_one_port(self._places.get("metrics.port") or top.place, found.http))
        return None if self.problems else found

    def _feeds(self, node: Node | None) -> tuple[list[Feed], list[str], Senders]:
        feeds: list[Feed] = []
        urgent: list[str] = []
        senders: list[Sender] = []
        by_digest: dict[str, str] = {}
        mapping = self.mapping("feeds", node) if node is not None else None
        for name, body in mapping.entries if mapping else ():
            self.named(name, "feed", "数据源")
            keys = self.table(name.text, body, FEED, f"feed `{name.text}`", f"数据源 {name.text} ")
            self._places |= {f"feeds.{name.text}.{key}": value.place for key, value in keys.items()}
            kinds: frozenset[str] | None = None
            if "kinds" in keys:
                kinds = frozenset(kind.text for kind in self.kinds("kinds", keys["kinds"], self._schemas.kinds))
            lateness = self.duration("lateness", keys["lateness"]) if "lateness" in keys else None
            pause = self.duration("pause", keys["pause"], least_ms=1000) if "pause" in keys else None
            if (
                "priority" in keys
                and self.word("priority", keys["priority"], PRIORITIES, "priority", "优先级") == "safety"
            ):
                urgent.append(name.text)
            feeds.append(Feed(name.text, kinds, LATENESS_MS if lateness is None else lateness))
            for token in self.names("token", keys["token"], needed=True) if "token" in keys else ():
                digest = token.text.lower()
                if len(digest) != _SHA256_DIGITS or not set(digest) <= set("0123456789abcdef"):
                    self.problems.append(_no_digest(token.place))
                elif digest in by_digest:
                    self.problems.append(_one_token(token.place, by_digest[digest]))
                else:
                    by_digest[digest] = name.text
                    senders.append(Sender(name.text, digest, kinds, pause / 1000 if pause else PAUSE_S))
        return feeds, urgent, Senders(senders)

    def _tls(self, node: Node | None) -> tuple[Path, Path] | None:
        """Return the files of certificate and key; both are said, or neither is."""
        keys = self._section("http.tls", node, TLS)
        certificate, key = (self._path(keys.get(name), name) for name in TLS)
        if certificate is not None and key is not None:
            return certificate, key
        if keys or node is not None:
            place = node.place if node is not None else next(iter(keys.values())).place
            for name in TLS:
                if name not in keys:
                    self.lacks(place, "`http.tls`", " http.tls ", name, f"{name}: {TLS[name].example}")
        return None

    def _address(self, keys: Mapping[str, Node], table: Mapping[str, Key]) -> tuple[str, int]:
        host = self.text("host", keys["host"]) if "host" in keys else None
        port = self._whole(keys, "port", int(table["port"].example), least=0, most=PORT_MAX)
        return host.text if host else table["host"].example, port

    def _section(self, name: str, node: Node | None, table: Mapping[str, Key]) -> dict[str, Node]:
        return self._placed(name, {} if node is None else self.table(name, node, table, f"`{name}`", f" {name} "))

    def _placed(self, section: str, keys: dict[str, Node]) -> dict[str, Node]:
        """Return the keys of a section as the environment leaves them, and note where their values stand."""
        keys = {**keys, **self._environment.get(section, {})}
        self._places |= {f"{section}.{key}".lstrip("."): node.place for key, node in keys.items()}
        return keys

    def _whole(self, keys: Mapping[str, Node], key: str, usual: int, *, least: int = 1, most: int = _WHOLE_MAX) -> int:
        value = self.whole(key, keys[key], least=least) if key in keys else None
        if value is not None and value > most:
            self.report("E030", keys[key].place, key=key, least=least, most=most, advice="", advice_zh="")
        return usual if value is None else value

    def _path(self, node: Node | None, key: str) -> Path | None:
        text = self.text(key, node) if node is not None else None
        return self._folder / text.text if text else None


def _one_port(place: Place, address: tuple[str, int]) -> Problem:
    return Problem(
        "C003",
        place,
        f"`http` and `metrics` both listen on {address[0]}:{address[1]}",
        f"http 与 metrics 都监听 {address[0]}:{address[1]}",
        "give one of them another port",
        "请为其中一个换端口",
    )


def _no_digest(place: Place) -> Problem:
    return Problem(
        "C001",
        place,
        "a token is kept as its SHA-256: 64 hexadecimal digits",
        "配置里只写令牌的 SHA-256,64 位十六进制数",
        "make one by  citynerve token  and write its second line here",
        "请用 citynerve token 生成,并把第二行写在这里",
    )


def _one_token(place: Place, feed: str) -> Problem:
    return Problem(
        "C002",
        place,
        f"feed `{feed}` has the same token, so nobody could tell them apart",
        f"数据源 {feed} 已用这个令牌,无法区分两者",
        "make another one by  citynerve token",
        "请用 citynerve token 另生成一个",
    )
