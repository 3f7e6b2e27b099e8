"""`citynerve learn`: the group of commands that learn a reference set from history."""

import click

from citynerve.cli.command import Group
from citynerve.text import say

COMMANDS = {"travel": "citynerve.cli.learn_travel"}


def command() -> click.Command:
    """Build the group."""
    return Group(
        "learn",
        COMMANDS,
        short_help=say(en="learn a reference set from history", zh="从历史中学习参考集"),
        help=say(
            en="Learn from past events what rules join with. Shards do not learn it, since alerts must not depend on "
            "how many there are.",
            zh="从历史事件中学习规则要用的参考集。分片自己不学习:告警不应取决于分片的数量。",
        ),
    )
