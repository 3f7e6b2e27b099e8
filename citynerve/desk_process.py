"""A desk beside an engine: a process of its own, which is started again when it ends, and ends with the engine.

It may be killed at any time, and the engine never waits for it. It hears that its engine is gone by the end of its
standard input, so that no desk is left behind by an engine that was killed.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from citynerve.text import current, say
from connectors.http.tokens import Sender, digest
from dispatch.watchdog import KIND, RULE, SILENT_AFTER_MS
from rules.plan import Plan
from streams.time.watermark import Feed

PAUSE_S, PAUSE_MAX_S = 1.0, 60.0  # before it is started again; twice as long each time
LASTING_S = 60.0  # that it runs, after which the pauses begin anew
GOES_S = 3.0  # that it is given to end in order
_LOOK_S = 0.05
FEED = Feed("desk", frozenset({KIND}))  # of synthetic incidents
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # where an address that is every one is asked


def arguments(data: Path, rules: Sequence[Path], reference: Path | None) -> list[str]:
    """Return the arguments of a desk that dispatches the alerts of a data folder, or of a configuration's."""
    named = ["--data", str(data), *(word for path in rules for word in ("--rules", str(path)))]
    return [*named, "--reference", str(reference)] if reference is not None else named


def to_ingest(host: str, port: int, certificate: Path | None) -> list[str]:
    """Return the arguments of a desk that sends synthetic incidents to an ingest, by TLS where it has a certificate."""
    at = f"{_ANY.get(host, host)}:{port}"
    return (
        ["--ingest", f"https://{at}", "--certificate", str(certificate)]
        if certificate
        else ["--ingest", f"http://{at}"]
    )


def looks_at_engine(plan: Plan) -> bool:
    """Whether a rule makes alerts of synthetic incidents: without it they would never come back."""
    return any(rule.rule == RULE for rule in plan.rules)


def heard(feeds: Sequence[Feed], plan: Plan) -> Sequence[Feed]:
    """Return feeds with that of a desk, where rules listen to it."""
    there = any(feed.name == FEED.name for feed in feeds)
    return feeds if there or not looks_at_engine(plan) else (*feeds, FEED)


def lacks() -> str:
    """Return what a desk cannot tell where no rule makes alerts of synthetic incidents."""
    return say(
        en=f"no rule `{RULE}` is in force, so that the desk sends no incidents to see whether they come back as "
        "alerts: its watchdog cannot tell an engine that is stuck from a quiet city. Copy "
        "rules/library/watchdog.yaml and its route, publish, and start again",
        zh=f"生效的规则中没有 {RULE},派发程序不会送入自检事件,无法核对其是否变为告警返回:"
        "看门狗分不清引擎卡住与城市平静。请复制 rules/library/watchdog.yaml 及其路由,发布后重新启动",
    )


def sender(token: str) -> Sender:
    """Return a desk as the ingest knows it: it is heard of once a minute."""
    return Sender(FEED.name, digest(token), FEED.kinds, SILENT_AFTER_MS / 1000)


class DeskProcess:
    """Runs `citynerve desk` with some arguments from `start` to `stop`.

    Parameters
    ----------
    tell
        hears what it says, line by line, and that it has ended; called by a thread
    """

    def __init__(self, arguments: Sequence[str], tell: Callable[[str], None]) -> None:
        self.starts = 0
        self._command = [sys.executable, "-m", "citynerve", "--lang", current(), "desk", *arguments, "--until-eof"]
        self._tell = tell
        self._environment = dict(os.environ)
        self._child: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def start(self, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """Start it, with arguments and variables that were not known before."""
        self._command += arguments
        self._environment |= environment or {}
        self._thread.start()

    def stop(self, until_s: float, is_done: Callable[[], bool]) -> bool:
        """Wait until it is done or cannot be, then stop it; kill it at an instant (monotonic seconds).

        Returns
        -------
        whether it was done
        """
        while not (done := is_done()) and self.pid is not None and time.monotonic() < until_s - GOES_S:
            time.sleep(_LOOK_S)
        with self._starting:
            self._stopping.set()
            child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
            self._thread.join(max(0.0, until_s - time.monotonic()))
            if child.poll() is None:
                child.kill()
        if self._thread.is_alive():
            self._thread.join(GOES_S)
        return done

    def _run(self) -> None:
        pause = PAUSE_S
        while (child := self._begun()) is not None:
            began = time.monotonic()
            assert child.stderr is not None, "it was asked for"
            for line in child.stderr:
                self._tell(line.rstrip("\n"))
            code = child.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - began >= LASTING_S:
                pause = PAUSE_S
            self._tell(_ended(code, pause))
            self._stopping.wait(pause)
            pause = min(2 * pause, PAUSE_MAX_S)

    def _begun(self) -> "subprocess.Popen[str] | None":
        """Start it, unless it is to stop. It has a session of its own, so that Ctrl-C is the engine's alone."""
        with self._starting:
            if self._stopping.is_set():
                return None
            self.starts += 1
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,  # whose end tells it that the engine is gone
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._environment,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            return self._child


def _ended(code: int, pause: float) -> str:
    how_en, how_zh = (
        (f"was killed by signal {-code}", f"被信号 {-code} 终止")
        if code < 0
        else (f"has ended ({code})", f"已退出({code})")
    )
    return say(
        en=f"the desk {how_en}; it is started again in {pause:.0f} s, and no alert is lost",
        zh=f"派发程序{how_zh},{pause:.0f} 秒后重新启动,告警不会丢失",
    )
