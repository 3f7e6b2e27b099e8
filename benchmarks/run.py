"""The benchmark table: `make bench`. Every ratio is taken within one run, on whole-process CPU seconds.

Each measurement runs in a process of its own (`benchmarks.measure`); those that are compared run in turn, and the
best of a few rounds counts, so that a busy machine disturbs both sides alike.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.events import chunks, odd_chunks, write_references
from benchmarks.many_rules import arbitrary, templates

Row = tuple[str, str, str, str]  # what in English and Chinese, the figure, the aim
SEED = 7
RATE = 50_000  # events a second of a large city
SPELLINGS = (("plain spelling", "规整写法", "≥ 6 ×"), ("odd spelling", "杂乱写法", ""))
STAGES = {
    "decode": "解码",
    "order": "排序与选择",
    "score": "评分",
    "patterns": "模式",
    "alerts": "告警",
    "rest": "读取与其余",
}


class Bench:
    """The files of one run and the measurements taken over them."""

    def __init__(self, folder: Path, events: int, rounds: int) -> None:
        self.folder = folder
        self.events = events
        self.rounds = rounds
        self.mixed = folder / "mixed.ndjson"
        self.odd = folder / "odd.ndjson"
        self.tiny = folder / "tiny.ndjson"
        self.reference = folder / "reference"
        self.alerts = folder / "alerts.ndjson"
        write_references(self.reference)
        _write(self.mixed, chunks(events, SEED))
        _write(self.odd, odd_chunks(events, SEED))
        _write(self.tiny, chunks(10, SEED))

    def best(self, *takes: tuple[object, ...], by: str = "cpu_s") -> list[dict[str, Any]]:
        """Take measurements in turn, a few rounds, and return the best of each."""
        found: list[list[dict[str, Any]]] = [[] for _ in takes]
        for _ in range(self.rounds):
            for results, take in zip(found, takes, strict=True):
                results.append(measured(*map(str, take)))
        return [min(results, key=lambda result: float(result[by])) for results in found]

    # the rows of the table, a method each

    def start(self) -> Iterator[Row]:
        """The command over ten events: how long until everything is there."""
        command = [
            str(Path(sys.executable).with_name("citynerve")),
            "replay",
            str(self.tiny),
            "--rules",
            str(Path(__file__).parent / "rules" / "three.yaml"),
            "--reference",
            str(self.reference),
            "--alerts",
            str(self.alerts),
        ]
        walls, cpus = [], []
        for _ in range(max(3, self.rounds)):
            began, used = time.perf_counter(), _children_cpu_s()
            ran(command)
            walls.append(time.perf_counter() - began)
            cpus.append(_children_cpu_s() - used)
        figure = f"{min(walls):.2f} s   {min(cpus):.2f} s CPU"
        yield "warm start of a replay of ten events", "十个事件的热启动", figure, "< 1.5 s"

    def decode(self) -> Iterator[Row]:
        """Text to columns beside orjson's text to dicts."""
        for (name, zh, aim), result in zip(
            SPELLINGS, self.best(("decode", self.mixed), ("decode", self.odd)), strict=True
        ):
            ratio = result["orjson_cpu_s"] / result["cpu_s"]
            rate = result["bytes"] / result["cpu_s"] / 1e9
            yield (
                f"decode / orjson.loads, {name}",
                f"解码 / orjson.loads,{zh}",
                f"{ratio:.1f} ×   {rate:.2f} GB/s",
                aim,
            )

    def three_rules(self) -> Iterator[Row]:
        """Text to alerts through three rules beside the plain loop, and where the time goes."""
        mixed, loop, odd, odd_loop = self.best(
            ("engine", "three.yaml", self.mixed, self.reference),
            ("plain", self.mixed, self.reference),
            ("engine", "three.yaml", self.odd, self.reference),
            ("plain", self.odd, self.reference),
        )
        en, zh = "start-up: imports, rules, 200,000 residents (CPU)", "启动:导入、规则、20 万居民(CPU)"
        yield en, zh, f"{mixed['startup_cpu_s']:.2f} s", ""
        for (name, zh, aim), ours, theirs in zip(SPELLINGS, (mixed, odd), (loop, odd_loop), strict=True):
            ratio = theirs["cpu_s"] / ours["cpu_s"]
            rate = ours["events"] / ours["cpu_s"] / 1e6
            figure = f"{ratio:.1f} ×   {rate:.1f} M/s"
            yield f"text → alerts / plain loop, {name}", f"文本 → 告警 / 普通循环,{zh}", figure, aim
        en, zh = "  time of the odd spelling / of the plain one", "  杂乱写法用时 / 规整写法用时"
        yield en, zh, f"{odd['cpu_s'] / mixed['cpu_s']:.2f} ×", "≤ 2 ×"
        yield "  alerts: engine, plain loop", "  告警数:引擎,普通循环", f"{mixed['alerts']}, {loop['alerts']}", ""
        for (name, zh, _), result in zip(SPELLINGS, (mixed, odd), strict=True):
            yield (
                f"profile, {name}",
                f"耗时分布,{zh}",
                f"{result['cpu_s'] / result['events'] * 1e9:.0f} ns an event",
                "",
            )
            stages = {**result["stages"], "rest": result["cpu_s"] - sum(result["stages"].values())}
            for stage, stage_zh in STAGES.items():
                seconds = stages.get(stage, 0.0)
                figure = f"{seconds / result['cpu_s']:.0%}   {seconds / result['events'] * 1e9:4.0f} ns"
                yield f"  {stage}", f"  {stage_zh}", figure, ""

    def library(self) -> Iterator[Row]:
        """All shipped rules beside the three."""
        three, whole = self.best(
            ("engine", "three.yaml", self.mixed, self.reference), ("engine", "library", self.mixed, self.reference)
        )
        yield (
            "whole shipped library / three rules, rate",
            "全部自带规则 / 三条规则,速率",
            f"{three['cpu_s'] / whole['cpu_s']:.2f} ×",
            "≥ 0.5 ×",
        )

    def durable(self) -> Iterator[Row]:
        """From a file into the durable log, from there to durable alerts; and how long that takes at a city's rate."""
        (taken,) = self.best(("durable", self.mixed, self.reference, 1024))
        rate = f"{self.events / taken['cpu_s'] / 1e6:.2f} M/s"
        yield (
            "ingest, durable, to alert; blocks of 1 MiB (CPU)",
            "写入、落盘、到告警,每块 1 MiB(CPU)",
            rate,
            "≥ 0.8 M/s",
        )
        slow = self.folder / "slow.ndjson"
        _write(slow, chunks(min(self.events, RATE * 10), SEED))
        (paced,) = self.best(("latency", slow, self.reference, RATE), by="p99_ms")
        waits = f"{paced['p50_ms']}, {paced['p99_ms']} ms"
        yield (
            f"  received to durable alert at {RATE:,}/s: p50, p99",
            f"  接收到告警落盘,{RATE:,}/秒:p50、p99",
            waits,
            "≤ 10 ms",
        )

    def many_rules(self) -> Iterator[Row]:
        """A thousand rules of 25 templates beside ten, and a thousand that have nothing in common."""
        texts = {"ten": templates(1, 10), "thousand": templates(40), "arbitrary": arbitrary(1000)}
        for name, text in texts.items():
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        takes = [("engine", self.folder / f"{name}.yaml", self.mixed, self.reference) for name in texts]
        ten, thousand, other = self.best(*takes)
        ratio = thousand["cpu_s"] / ten["cpu_s"]
        yield (
            "1,000 rules of 25 templates / 10 rules, time",
            "25 个模板的 1000 条规则 / 10 条,用时",
            f"{ratio:.2f} ×",
            "≤ 3 ×",
        )
        ratio = other["cpu_s"] / ten["cpu_s"]
        yield "1,000 rules without an index / 10 rules, time", "1000 条无索引的规则 / 10 条,用时", f"{ratio:.1f} ×", ""
        figure = f"{thousand['startup_cpu_s'] - ten['startup_cpu_s']:.2f} s"
        yield "  to load 990 more (CPU)", "  多加载 990 条(CPU)", figure, ""

    def kernels(self) -> Iterator[Row]:
        """The stateful kernels alone."""
        for name, rate in measured("kernels").items():
            yield f"kernel {name}", f"内核 {name}", f"{rate:.0f} M/s", "≥ 50 M/s"

    def ingest(self) -> Iterator[Row]:
        """Events posted in blocks of 1 MiB, until they are durable; the client's time is in it."""
        (result,) = self.best(("ingest", self.events))
        rate = result["events"] / result["cpu_s"] / 1e6
        yield "events over HTTP, durable, a core", "HTTP 接收并持久化,单核", f"{rate:.1f} M/s", "≥ 0.3 M/s"

    def kafka(self) -> Iterator[Row]:
        """Messages from a real broker to columns, beside clients that make an object of each and `orjson` a dict."""
        from benchmarks.kafka import READERS, fill
        from deploy.dev.kafka import Broker, NotHere

        try:
            broker = Broker(self.folder)
        except NotHere as problem:
            yield "messages of Kafka to columns", "Kafka 消息到列", "-", str(problem)
            return
        try:
            broker.start()
            fill(broker.address, self.mixed.read_bytes().splitlines())
            results = self.best(*(("kafka", reader, broker.address, self.events) for reader in READERS))
        finally:
            broker.kill()
        us = {reader: result["cpu_s"] / self.events * 1e6 for reader, result in zip(READERS, results, strict=True)}
        yield "messages of Kafka to columns (CPU)", "Kafka 消息到列(CPU)", f"{us['columns']:.2f} µs a message", ""
        yield "  to their places in what was fetched", "  仅定位到字节", f"{us['walked']:.2f} µs a message", "≤ 0.27 µs"
        for reader, name in (("objects", "aiokafka"), ("confluent", "confluent-kafka")):
            figure = f"{us[reader] / us['columns']:.1f} ×   {us[reader]:.2f} µs"
            yield f"  time of {name} and orjson / of ours", f"  {name} 加 orjson 用时 / 我们", figure, ""

    def many_events(self, events: int) -> Iterator[Row]:
        """Two shards beside one by the clock, and peak memory, over so many events that a run's ends hardly count."""
        path = self.folder / "many.ndjson"
        _write(path, chunks(events, SEED))
        one, two = self.best(
            ("engine", "three.yaml", path, self.reference, 1),
            ("engine", "three.yaml", path, self.reference, 2),
            by="wall_s",
        )
        en, zh = f"two shards / one, by the clock, {events:,} events", f"两个分片 / 一个,按时钟,{events:,} 个事件"
        yield en, zh, f"{one['wall_s'] / two['wall_s']:.2f} ×", "≥ 1.7 ×"
        en, zh = "  peak memory: one shard, two", "  内存峰值:一个分片,两个"
        yield en, zh, f"{one['peak_mb']:.0f}, {two['peak_mb']:.0f} MB", "< 600 MB"


def measured(name: str, *arguments: object) -> dict[str, Any]:
    """Take one measurement in a process of its own."""
    result: dict[str, Any] = orjson.loads(ran([sys.executable, "-m", "benchmarks.measure", name, *map(str, arguments)]))
    return result


def ran(command: list[str]) -> bytes:
    """Run a command and return what it wrote; if it fails, say what it said."""
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("wb") as out:
        out.writelines(pieces)


@click.command()
@click.option("--events", default=2_000_000, show_default=True, help="events of each spelling / 每种写法的事件数")
@click.option(
    "--many",
    default=8_000_000,
    show_default=True,
    help="events of the rows on shards and memory, 166 bytes each / 分片与内存两行的事件数,每个 166 字节",
)
@click.option("--quick", is_flag=True, help="200,000 events, one round / 20 万事件,一轮")
@click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="language of the rows / 表格语言")
def main(events: int, many: int, quick: bool, lang: str | None) -> None:
    """Measure and print the table / 测量并输出性能表."""
    events, many, rounds = (200_000, 200_000, 1) if quick else (events, many, 3)
    locale = os.environ.get("CITYNERVE_LANG") or os.environ.get("LANG", "")
    chinese = (lang or locale).startswith("zh")
    console = Console()
    table = Table(title=f"citynerve, {events:,} events / {events:,} 个事件")
    table.add_column("what / 项目")
    table.add_column("measured / 实测", justify="right")
    table.add_column("aim / 目标", justify="right")
    with tempfile.TemporaryDirectory() as folder:
        with console.status("writing events / 生成事件"):
            bench = Bench(Path(folder), events, rounds)
        sections = (
            bench.start,
            bench.decode,
            bench.three_rules,
            bench.library,
            bench.durable,
            bench.ingest,
            bench.many_rules,
            bench.kernels,
            bench.kafka,
        )
        for section in sections:
            add(table, section(), console, chinese)
        add(table, bench.many_events(many), console, chinese)
    console.print(table)


def add(table: Table, rows: Iterator[Row], console: Console, chinese: bool) -> None:
    """Measure a section of the table, showing that something is going on."""
    with console.status("measuring / 测量中"):
        for en, zh, figure, aim in rows:
            table.add_row(zh if chinese else en, figure, aim)
    table.add_section()


if __name__ == "__main__":
    main()
