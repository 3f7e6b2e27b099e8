"""`citynerve rules`: what is done with rules alone."""

import click

from citynerve.cli.command import Group
from citynerve.text import say

COMMANDS = {"check": "citynerve.cli.rules_check"}


def command() -> click.Command:
    """Build the group."""
    return Group(
        "rules",
        COMMANDS,
        short_help=say(en="check rules", zh="检查规则"),
        help=say(en="What is done with rules alone, without events.", zh="只针对规则的操作,不需要事件。"),
    )
