"""`citynerve rules`: what is done with rules alone."""

import click

from citynerve.cli.command import Group
from citynerve.text import say

COMMANDS = {
    "check": "citynerve.cli.rules_check",
    "test": "citynerve.cli.rules_test",
    "backtest": "citynerve.cli.rules_backtest",
    "list": "citynerve.cli.rules_list",
    "explain": "citynerve.cli.rules_explain",
    "format": "citynerve.cli.rules_format",
    "diff": "citynerve.cli.rules_diff",
    "schema": "citynerve.cli.rules_schema",
}


def command() -> click.Command:
    """Build the group."""
    return Group(
        "rules",
        COMMANDS,
        short_help=say(en="check, test, lay out and compare rules", zh="检查、测试、整理和比较规则"),
        help=say(en="What is done with rules alone, without a feed.", zh="只针对规则的操作,不需要数据源。"),
    )
