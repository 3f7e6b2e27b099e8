import pytest

from citynerve import wiring
from citynerve.cli.failure import Failure


class Fake:
    """A connector that delivers nothing."""

    def __init__(self, opening):
        self.feed = opening.feed
        self.opening = opening

    def next_block(self):
        return None

    def line(self, position):
        raise AssertionError

    def close(self):
        pass


@pytest.fixture
def opened(monkeypatch):
    seen = []

    def connect(opening):
        seen.append(opening)
        return Fake(opening)

    monkeypatch.setitem(wiring.SOURCES, "fake", connect)
    return seen


def test_a_scheme_of_the_table_names_the_connector_and_each_feed_its_place(opened, tmp_path):
    (tmp_path / "a.ndjson").write_bytes(b"")
    feeds = wiring.open_feeds([str(tmp_path / "a.ndjson"), "fake:door:7"], time_max=99)
    assert [feed.feed for feed in feeds] == [str(tmp_path / "a.ndjson"), "fake:door:7"]
    assert opened == [wiring.Opening("door:7", "fake:door:7", 1, 99)]


def test_a_colon_in_a_files_name_is_no_scheme(tmp_path):
    path = tmp_path / "08:00.ndjson"
    path.write_bytes(b"{}\n")
    [feed] = wiring.open_feeds([str(path)], time_max=99)
    assert feed.next_block().size == 3
    [feed] = wiring.open_feeds([f"file:{path}"], time_max=99)
    assert feed.next_block().size == 3


def test_a_mapping_of_what_is_no_file_is_refused(opened):
    with pytest.raises(Failure, match="mapping"):
        wiring.open_feeds(["fake:1"], time_max=99, mapping=object())
