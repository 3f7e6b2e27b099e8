"""`citynerve config`: what is done with the configuration of an engine alone."""

import click

from citynerve.cli.command import Group
from citynerve.text import say

COMMANDS = {"check": "citynerve.cli.config_check"}


def command() -> click.Command:
    """Build the group."""
    return Group(
        "config",
        COMMANDS,
        short_help=say(en="check the configuration of an engine", zh="检查引擎的配置"),
        help=say(
            en="What is done with the configuration of an engine, without starting it.",
            zh="针对引擎配置的操作,不启动引擎。",
        ),
    )
