"""The rule files that a command is given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from citynerve.cli.failure import Failure
from citynerve.text import say

if TYPE_CHECKING:
    from rules.files import RuleFiles


def read(paths: Sequence[Path]) -> "RuleFiles":
    """Read files and folders, the shipped library where none is named.

    A file of tests is no rule file, and the command that runs it is named.
    """
    from rules import check, files

    if tests := [path for path in paths if path.name.endswith(files.TEST_SUFFIXES) and not path.is_dir()]:
        named = " ".join(map(str, tests))
        raise Failure(
            say(
                en=f"{named} holds tests of rules; run them with `citynerve rules test {named}`",
                zh=f"{named} 是规则的测试;请用 `citynerve rules test {named}` 运行",
            )
        )
    return files.read(paths or [check.LIBRARY])
