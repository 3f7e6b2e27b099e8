import errno
import os

import pytest

from events.unreadable import REASONS, reason


@pytest.mark.parametrize("number", REASONS)
def test_a_known_reason_is_told_in_each_language_alone(number: int) -> None:
    en, zh = reason(OSError(number, os.strerror(number)))
    assert en.isascii()
    assert not any(letter.isascii() and letter.isalpha() for letter in zh)


def test_an_unknown_reason_is_told_in_the_systems_words() -> None:
    assert "Bad message" in reason(OSError(errno.EBADMSG, "Bad message"))[0]
    assert "Bad message" in reason(OSError(errno.EBADMSG, "Bad message"))[1]
    assert reason(OSError("odd"))[0] == "odd"
