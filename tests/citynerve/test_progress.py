import pytest

from citynerve.progress import bar, bytes_text


def test_off_a_terminal_progress_stays_silent_unless_it_is_asked_for(capsys):
    with bar("work", 10) as advance:
        advance(5)
    assert capsys.readouterr().err == ""


def test_asked_for_off_a_terminal_it_is_a_line_now_and_then(capsys):
    with bar("work", 1000, always=True) as advance:
        for done in range(1001):
            advance(done)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"work: {done} of 1,000" for done in ("0", "250", "500", "750", "1,000")]


def test_without_a_total_progress_says_how_much_is_done(capsys):
    with bar("work", None, always=True, unit=bytes_text) as advance:
        advance(0)
        advance(150_000_000)
    assert capsys.readouterr().err.splitlines() == ["work: 0 B", "work: 150 MB"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (2_340_000, "2 MB"),
        (7_260_000_000, "7.3 GB"),
        (2_000_000_000_000, "2000.0 GB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_fits(count, text):
    assert bytes_text(count) == text
