"""A block of several pieces is what its pieces are, each by itself."""

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from events.batch import POSITION, TIME, cut
from events.block import FUTURE_MS, Events, Pieces
from events.decode import Decoder
from streams.time.watermark import Feed, FeedClock
from tests.events.test_decode import CITY, LAYOUT, SCHEMAS

T = 1_700_000_000_000
LINES = st.lists(
    st.one_of(
        st.integers(-3000, 3 * FUTURE_MS).map(
            lambda ms: orjson.dumps({"kind": "gate", "time": T + ms, "id": "a", "direction": "sideways"})
        ),
        st.sampled_from([b"", b"{", b'{"kind":"gate"}', b'{"kind":"gate","time":%d}' % T]),
    ),
    min_size=1,
    max_size=4,
)
PIECES = st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2 * FUTURE_MS), LINES), min_size=1, max_size=6)


def alone(position, received, lines):
    text = b"".join(line + b"\n" for line in lines)
    return Events.of(text, feed="f", position=position, received=T + received, time_max=T + received + FUTURE_MS)


def together(pieces):
    blocks = [alone(*piece) for piece in pieces]
    starts = np.cumsum([0, *(block.size for block in blocks[:-1])])
    received = np.array([block.received for block in blocks])
    end = blocks[-1].end
    text = b"".join(bytes(block.data[: block.size]) for block in blocks)
    data = Events.of(text, feed="f").data
    own = Pieces(starts, np.array([block.position for block in blocks]), received, end)
    latest = int(received.max())
    return Events("f", blocks[0].position, latest, latest + FUTURE_MS, data, len(text), own)


def rows(batch, clock):
    judgement = clock.judge(batch)
    for row in range(len(batch)):
        lanes = batch.lanes[:, row]
        yield int(lanes[POSITION]), int(lanes[TIME]), bool(judgement.late[row]), batch.received_at(row)


def refused(batch):
    rejects = batch.rejects
    columns = zip(rejects.offset.tolist(), rejects.length.tolist(), rejects.at.tolist(), rejects.reason, strict=True)
    return [(*batch.origin(offset), length, at, int(reason)) for offset, length, at, reason in columns]


@given(PIECES)
def test_a_block_of_pieces_is_its_pieces_one_after_the_other(pieces):
    decode = Decoder(SCHEMAS, LAYOUT, CITY)
    clock, other = FeedClock(Feed("f"), 0), FeedClock(Feed("f"), 0)
    each = [decode(alone(*piece)) for piece in pieces]
    one = decode(together(pieces))
    assert list(rows(one, clock)) == [row for batch in each for row in rows(batch, other)]
    assert refused(one) == [letter for batch in each for letter in refused(batch)]
    assert clock.greatest == other.greatest
    assert one.unknown_enums == sum(batch.unknown_enums for batch in each)
    assert one.end == each[-1].end
    lines = one.rejects.line.tolist()
    assert lines == sorted(set(lines))


def test_a_cut_batch_of_pieces_knows_when_each_row_was_received():
    line = b'{"kind":"gate","time":%d}' % T
    batch = Decoder(SCHEMAS, LAYOUT, CITY)(together([(0, 1, [line]), (500, 7, [line])]))
    first, second = cut(batch, 1)
    assert (first.received_at(0), second.received_at(0)) == (T + 1, T + 7)
    assert (first.end, second.end) == (500, 500 + len(line) + 1)
