import io

import numpy as np
import orjson

from citynerve.dead_letters import DeadLetters
from citynerve.feeds import Feed
from connectors.mapping.model import DeadLetter
from events.batch import REASONS, EventBatch, Layout, Rejects
from events.block import Events


class Blocks:
    """A source of the given texts."""

    feed = "f"

    def __init__(self, *texts):
        self._blocks = [Events.of(text, feed="f", position=sum(map(len, texts[:at]))) for at, text in enumerate(texts)]

    def next_block(self):
        return self._blocks.pop(0) if self._blocks else None

    def line(self, position):
        raise AssertionError("dead letters are told by their place alone")

    def close(self):
        pass


def rejects(*rows):
    columns = np.array(rows, np.int64).T
    return Rejects(*columns[:4], columns[4].astype(np.uint8))


def batch(position, found):
    return EventBatch("f", position, None, Layout(), np.zeros((6, 0), np.int64), np.zeros(64, np.uint8), found)


def test_lines_are_numbered_over_the_blocks_of_a_feed():
    feed = Feed(Blocks(b"a\nb\n", b"c\n", b"d\ne\nf\n"), numbered=True)
    while feed.next_block():
        pass
    out = io.BytesIO()
    letters = DeadLetters([feed], out)
    letters.write(batch(0, rejects((2, 1, 1, 0, REASONS.index("syntax")))))
    letters.write(batch(6, rejects((0, 1, 0, 0, REASONS.index("utf8")), (4, 1, 2, 0, REASONS.index("wrong_type")))))
    assert [orjson.loads(line) for line in out.getvalue().splitlines()] == [
        {"feed": "f", "line": 2, "position": 2, "byte": 1, "reason": "syntax"},
        {"feed": "f", "line": 4, "position": 6, "byte": 1, "reason": "utf8"},
        {"feed": "f", "line": 6, "position": 10, "byte": 1, "reason": "wrong_type"},
    ]


def test_foreign_lines_have_a_place_but_no_byte():
    source = Blocks()
    source.dead_letters = [DeadLetter(7, 300, "bad_value", "speed_kmh")]
    out = io.BytesIO()
    DeadLetters([Feed(source, numbered=True)], out).write_foreign()
    assert orjson.loads(out.getvalue()) == {
        "feed": "f",
        "line": 7,
        "position": 300,
        "byte": None,
        "reason": "bad_value",
    }


def test_a_connector_that_knows_nothing_of_files_is_a_feed_all_the_same():
    feed = Feed(Blocks(b"a\n"))
    assert (feed.bytes_total, feed.bytes_read, feed.problems, feed.rejected) == (None, 0, [], {})
    assert feed.next_block().size == 2
