"""`citynerve rules`: what is done with rules."""

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
    "publish": "citynerve.cli.rules_publish",
    "disable": "citynerve.cli.rules_disable",
    "rollback": "citynerve.cli.rules_rollback",
    "history": "citynerve.cli.rules_history",
    "schema": "citynerve.cli.rules_schema",
}


def command() -> click.Command:
    """Build the group."""
    return Group(
        "rules",
        COMMANDS,
        short_help=say(en="check, test, compare and publish rules", zh="检查、测试、比较和发布规则"),
        help=say(
            en="What is done with rules: without a feed, and in a running engine.",
            zh="针对规则的操作:不需要数据源的,以及在运行中的引擎里的。",
        ),
    )
