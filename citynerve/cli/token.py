"""`citynerve token`: propose a bearer token for a sender of events."""

import click

from citynerve.cli.command import Command
from citynerve.text import say


def command() -> click.Command:
    """Build the command."""
    return Command(
        "token",
        callback=_token,
        short_help=say(en="propose a token for who posts events", zh="生成发送事件所用的令牌"),
        help=say(
            en="Propose a bearer token for whoever posts events over HTTP. Standard output has two lines: the token, "
            "which the sender gets and nobody keeps, and its SHA-256, which is configured.",
            zh="为通过 HTTP 发送事件的一方生成令牌。标准输出有两行:第一行是令牌,只交给发送方,不保存;"
            "第二行是它的 SHA-256,写入配置。",
        ),
    )


def _token() -> int:
    from connectors.http import tokens

    token = tokens.propose()
    click.echo(token)
    click.echo(tokens.digest(token))
    return 0
