"""An engine as a city runs it: events are posted, alerts go to their log, until it is told to stop."""

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click
from rich.console import Console

from citynerve import config, desk_process
from citynerve.certificates import certificate
from citynerve.cli.failure import Failure, system
from citynerve.configuration import Configuration
from citynerve.desk_process import DeskProcess
from citynerve.desk_watch import DeskWatch
from citynerve.live import Stop, View
from citynerve.publishing import Publishing
from citynerve.text import say
from citynerve.vitals import Observer
from connectors.http import tokens
from connectors.http.metrics import IngestMetrics
from connectors.http.server import HttpServer
from connectors.http.tls import CertificateError
from events.plural import many
from events.schema import Schemas
from streams.embedded.folder import log_folder, open_engine
from streams.embedded.process import Process
from streams.embedded.recovery import Recovery
from streams.metrics.clock import ClockMetrics
from streams.metrics.disk import TimedDisk
from streams.metrics.engine import EngineMetrics
from streams.metrics.health import Health
from streams.metrics.server import Collector, MetricsServer
from streams.time.wall import LEAP_MS, Leap, WallClock
from streams.time.watermark import Feed


class Service:
    """The engine of a configuration, with what posts to it; the desk beside it reads the file at `path` itself."""

    def __init__(self, path: Path, settings: Configuration, schemas: Schemas, console: Console | None = None) -> None:
        disk, clock = TimedDisk(), WallClock(lambda leap: self.view.tell(_leapt(leap)))
        self.publishing = Publishing(
            settings.data,
            settings.rules,
            settings.reference,
            schemas,
            watch=settings.watch,
            headroom_bytes=settings.retention.headroom_bytes,
            disk=disk,
            clock=clock,
        )
        self.view = View(self.publishing.lines, console or Console())
        feeds: Sequence[Feed] = settings.feeds
        senders, self._token = settings.senders, ""
        if settings.has_desk and desk_process.looks_at_engine(self.publishing.plan):
            self._token = tokens.propose()
            senders = senders.and_also(desk_process.sender(self._token))
            feeds = desk_process.heard(feeds, self.publishing.plan)
        opened, inbox = open_engine(
            settings.data,
            self.publishing.first(),
            feeds,
            config.city(),
            load=self.publishing.load,
            shards=settings.shards,
            retention=settings.retention,
            level=settings.zstd,
            commits=settings.commits,
            clock=clock,
            disk=disk,
            on_alerts=self.view.alerts,
        )
        connected = {feed.name: partial(self._connected, feed.name) for feed in feeds}
        self.process = Process(opened, inbox, [], connected=connected)
        self.server = HttpServer(
            schemas,
            senders,
            lambda feed, text: self.process.append(feed, text, urgent=feed in settings.urgent),
            lambda: opened.logs.events.backlog,
            host=settings.http[0],
            port=settings.http[1],
            tls=certificate(settings),
            on_certificate=lambda error: self.view.tell(_renewed(error)),
            clock=clock,
            on_decoded=clock.hear,
        )
        events = log_folder(settings.data, "events")
        self._metrics_at = settings.metrics
        self._certificate = settings.tls[0] if settings.tls else None
        # the control log has the rules and sets; what is kept of its logs the desk reads in the file
        self.desk = DeskProcess(desk_process.arguments(path, (), None), self.view.tell) if settings.has_desk else None
        self.watch = DeskWatch(settings.data, opened, self.desk)
        self._observer = Observer(self.process, settings.data, self.watch, connected=connected)
        self._health = Health(self.process, events, headroom_bytes=settings.retention.headroom_bytes, disk=disk)
        self._collectors: list[Collector] = [
            EngineMetrics(self.process, events, version=version("citynerve")),
            disk,
            ClockMetrics(clock),
            IngestMetrics(self.server.ingest),
            self.publishing.reloads,
            self.watch,
        ]

    def _connected(self, feed: str) -> bool:
        return self.server.ingest.connected(feed)

    def run(self) -> None:
        """Recover, listen, and go on until a signal; everything that was acknowledged is safe then."""
        stop = Stop(self.process)
        self.process.on_ready = self._listen
        self.process.on_stop = self._end
        host, port = self._metrics_at
        try:
            metrics = MetricsServer(self._health, self._collectors, host=host, port=port)
        except OSError as error:
            raise Failure(f"{host}:{port}: {system(error)}") from error
        self.metrics_port = metrics.port
        try:
            with self.view.shown(self._observer):
                self.process.run()
        finally:
            self.publishing.close()
            if self.desk is not None:
                self.desk.stop(stop.until, self.watch.is_done)
            self.watch.stop()
            metrics.close()
        click.echo(say(en="stopped; everything acknowledged is safe", zh="已停止;已确认的数据均已保存"), err=True)

    def _end(self) -> None:
        """Let nothing more come in."""
        self.publishing.stop()
        self.server.close()

    def _listen(self, recovery: Recovery) -> None:
        self.server.start()
        opened = self.process.engine
        self.publishing.start(opened, self.view.tell)
        for line in recovered(recovery):
            self.view.tell(line)
        scheme = "https" if self._certificate else "http"
        where = f"{scheme}://{self.server.host}:{self.server.port}/ingest/KIND"
        asked = f"http://{self._metrics_at[0]}:{self.metrics_port}/metrics"
        self.view.tell(say(en=f"metrics at {asked}", zh=f"指标: {asked}"))
        self.view.tell(say(en=f"taking events at {where}", zh=f"正在接收事件: {where}"))
        self.watch.start()
        if self.desk is not None and not self._token:
            self.view.tell(desk_process.lacks())
        if self.desk is not None:
            to_ingest = (
                desk_process.to_ingest(self.server.host, self.server.port, self._certificate) if self._token else ()
            )
            self.desk.start(to_ingest, {config.TOKEN: self._token})


def _renewed(error: CertificateError | None) -> str:
    """Return that the certificate was renewed, or why it could not be."""
    if error is None:
        return say(en="the certificate was renewed", zh="证书已更新")
    return say(
        en=f"the certificate was not renewed, the one before stays in use: {error}",
        zh=f"证书未能更新,继续使用原证书: {error.path}:{error.zh}",
    )


def _leapt(leap: Leap | None) -> str:
    """Return that the machine's clock has leapt, is believed, or is back."""
    seconds = leap.by_ms / 1000 if leap else 0.0
    if leap is None:
        return say(en="the clock is back", zh="时钟已恢复")
    if leap.believed:
        return say(
            en=f"events agree with the clock, which leapt by {seconds:+,.0f} s: it is believed",
            zh=f"事件时间与跳变 {seconds:+,.0f} 秒后的时钟一致,已采用该时钟",
        )
    return say(
        en=f"the clock leapt by {seconds:+,.0f} s: it is not followed until it is back or events agree",
        zh=f"时钟跳变 {seconds:+,.0f} 秒:在它恢复或事件与之一致之前,不采用该时钟",
    )


def recovered(recovery: Recovery) -> list[str]:
    """Say what a start found."""
    if not (recovery.position or recovery.bytes_read):
        return [say(en="the log is empty: this is a first start", zh="日志为空:首次启动")]
    lines = [
        say(
            en=f"went on from log position {recovery.position:,}, read {many(recovery.bytes_read, 'byte')} again "
            f"in {recovery.seconds:.1f} s",
            zh=f"从日志位置 {recovery.position:,} 继续,重读 {recovery.bytes_read:,} 字节,"
            f"用时 {recovery.seconds:.1f} 秒",
        )
    ]
    lines += [say(en=f"snapshot not used: {why}", zh=f"快照未采用:{why}") for why in recovery.refused]
    lines += [say(en=f"damaged: {where}", zh=f"日志损坏:{where}") for where in recovery.damage]
    if recovery.skipped:
        lines.append(
            say(
                en=f"{many(recovery.skipped, 'byte')} before that, which no snapshot covers, no longer in the log",
                zh=f"在此之前有 {recovery.skipped:,} 字节没有快照覆盖,日志中也已不存在",
            )
        )
    if recovery.left:
        names = ", ".join(recovery.left)
        lines.append(
            say(
                en=f"not declared any more: {names}; what the log has of it is passed over. A feed that was "
                "given another name is a new one, and the rules that read it begin anew; give back the old name if "
                "that was not meant",
                zh=f"已不再声明的数据源: {names};日志中来自它的内容被跳过。改名的数据源视为新的数据源,"
                "读取它的规则从头开始;如非本意,请改回原名",
            )
        )
    if others := ", ".join(name for name in recovery.changed if name not in recovery.left):
        lines.append(
            say(
                en=f"new, or declared otherwise than before: {others}; snapshots are of the feeds of then, so that the "
                "log was read again",
                zh=f"新增或声明有变化的数据源: {others};快照属于原来的数据源,因此重读了日志",
            )
        )
    if recovery.missing and (recovery.left or recovery.changed):
        lines.append(
            say(
                en=f"{many(recovery.missing, 'line')} that had been written did not come again, as feeds are others",
                zh=f"因数据源有变化,{recovery.missing:,} 行已写出的内容没有重新出现",
            )
        )
    elif recovery.missing:
        lines.append(
            say(
                en=f"{many(recovery.missing, 'line')} that had been written did not come again: a fault, "
                "please report it",
                zh=f"{recovery.missing:,} 行已写出的内容没有重新出现:这是程序缺陷,请报告",
            )
        )
    if recovery.ahead_ms > LEAP_MS:
        lines.append(
            say(
                en=f"the log is {recovery.ahead_ms / 1000:,.0f} s ahead of the machine's clock: until that has caught "
                "up everything counts as received at one instant; set the clock",
                zh=f"日志时间比本机时钟超前 {recovery.ahead_ms / 1000:,.0f} 秒:在时钟赶上之前,所有数据都按同一时刻接收;"
                "请校准时钟",
            )
        )
    return lines
