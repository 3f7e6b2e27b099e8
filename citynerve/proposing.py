"""How a command has an engine change what is in force: it puts a proposal, and waits for the answer."""

import getpass
import sys
import time
from pathlib import Path

import click

from citynerve.cli.failure import FOUND, OK, Failure
from citynerve.published_lines import told
from citynerve.text import say
from rules.plan import Plan
from streams.control.proposal import Answer, Proposal, Proposals
from streams.disk import Disk

POLL_S = 0.2
YES, NO = ("y", "yes", "是", "是的"), ("n", "no", "否", "不", "不是")
LONELY_S = 5.0  # after which nobody seems to be there


def user() -> str:
    """Return who runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "?"


def confirmed(yes: bool) -> None:
    """Ask whether to go on, unless that was said.

    Raises
    ------
    Failure
        it was not, and nobody can be asked
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(say(en="nobody can be asked here; say --yes to publish", zh="此处无法询问;确认发布请加 --yes"))
    if not _agreed(say(en="publish this? [y/N]", zh="确认发布?[是/否,或 y/N]")):
        raise Failure(say(en="nothing was published", zh="未发布任何内容"))


def _agreed(question: str) -> bool:
    """Ask until it is answered, in either language; nothing is a no."""
    while True:
        answer = click.prompt(question, default="", show_default=False, prompt_suffix=" ").strip().lower()
        if answer in ("", *NO):
            return False
        if answer in YES:
            return True
        click.echo(say(en="y or n", zh="请回答 是 或 否(y 或 n)"))


def propose(data: Path, proposal: Proposal, plan: Plan, timeout_s: float) -> int:
    """Put a proposal, wait for the answer and print it; return the exit code.

    Interrupted while nobody has taken it, it is taken back.
    """
    proposals = Proposals(data, Disk())
    name = proposals.put(proposal)
    try:
        answer = _awaited(proposals, name, timeout_s)
    except KeyboardInterrupt:
        if proposals.withdraw(name):
            click.echo(say(en="taken back", zh="已撤回"), err=True)
        raise
    if answer is None:
        raise Failure(_unanswered(proposals, name, timeout_s))
    if answer.result == "same":
        click.echo(say(en=f"no difference: {answer.ruleset} is in force", zh=f"没有差异:生效的就是 {answer.ruleset}"))
        return OK
    for line in told(answer, proposal.author, plan):
        click.echo(line, err=answer.result == "refused")
    return FOUND if answer.result == "refused" else OK


def _awaited(proposals: Proposals, name: str, timeout_s: float) -> Answer | None:
    began, said = time.monotonic(), ""
    while (passed := time.monotonic() - began) < timeout_s:
        if (answer := proposals.answer(name)) is not None:
            return answer
        stage = "taken" if proposals.is_taken(name) else "lonely" if passed > LONELY_S else ""
        if stage != said and stage:
            click.echo(_taken() if stage == "taken" else _lonely(proposals.path(name)), err=True)
            said = stage
        time.sleep(POLL_S)
    return None


def _taken() -> str:
    return say(
        en="the engine is at it: it reads the log again for what is new, and goes on meanwhile",
        zh="引擎正在处理:重读日志填充新状态,期间照常运行",
    )


def _lonely(path: Path) -> str:
    return say(
        en=f"no engine has taken it yet; it waits in {path} until one runs. Ctrl-C takes it back",
        zh=f"还没有引擎处理;它在 {path} 中等待,引擎运行后生效。按 Ctrl-C 撤回",
    )


def _unanswered(proposals: Proposals, name: str, timeout_s: float) -> str:
    if proposals.is_taken(name):
        return say(
            en=f"it is still at it after {timeout_s:.0f} s; `citynerve rules history` tells when it is in force",
            zh=f"{timeout_s:.0f} 秒后引擎仍在处理;是否生效见 citynerve rules history",
        )
    path = proposals.path(name)
    return say(
        en=f"no engine took it within {timeout_s:.0f} s; it waits in {path}. Delete that file to take it back",
        zh=f"{timeout_s:.0f} 秒内没有引擎处理;它在 {path} 中等待,删除该文件即可撤回",
    )
