"""`citynerve warm`: compile the kernels once."""

import click

from citynerve.cli.command import Command
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "warm",
        callback=_warm,
        short_help=say(en="compile the kernels once", zh="编译内核(仅需一次)"),
        help=say(
            en="Compile the kernels into the cache, if that has not been done. Every other command does it too, "
            "when it must.\n\nCITYNERVE_CACHE names the folder of the cache.",
            zh="把内核编译到缓存(已编译则什么也不做)。其他命令在需要时也会先做这一步。\n\n"
            "CITYNERVE_CACHE 可指定缓存目录。",
        ),
    )


def _warm() -> int:
    from citynerve import warm
    from kernels.cache import CACHE_DIR

    warm.ensure()
    click.echo(say(en=f"kernels are ready in {CACHE_DIR}", zh=f"内核已就绪: {CACHE_DIR}"), err=True)
    return 0
