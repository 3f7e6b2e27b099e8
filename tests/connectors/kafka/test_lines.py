"""Messages come out of decode as events, and each of them is found again by its line."""

import sys

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.chunk import read_chunk
from connectors.kafka.fault import TOO_MANY_LINES, Fault
from connectors.kafka.lines import MessageLines, place, position
from events.batch import POSITION, TIME, Layout
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode.message_lines import LINES_MAX
from tests.kernels.decode.batch_bytes import batch, record

SCHEMAS = Schemas.load()
START = TIME_OF_BATCH = 1_767_225_600_000


def event(number: int) -> bytes:
    return orjson.dumps({"kind": "gate", "time": START + number, "id": f"e{number}"})


def chunk_of(values, base=100):
    packed = b"".join(record(i, 0, b"key", value) for i, value in enumerate(values))
    return read_chunk(
        "events.gate", 1, base, batch(base, packed, count=len(values), last_delta=len(values) - 1, time=TIME_OF_BATCH)
    )


def test_each_event_knows_the_message_it_came_in():
    values = [event(0), None, event(1) + b"\n" + event(2), b"", b"{broken", event(3) + b"\n", b"[1]", event(4)]
    made, lost = MessageLines()(chunk_of(values), feed="events.gate/1", partition=4)
    assert made is not None and lost == ()
    batch_ = Decoder(SCHEMAS, Layout(), CityKey())(made)
    assert batch_.lanes[TIME].tolist() == [START + i for i in range(5)]
    found = [place(at, 108) for at in batch_.lanes[POSITION].tolist()]
    assert found == [(4, 100, 0), (4, 102, 0), (4, 102, 1), (4, 105, 0), (4, 107, 0)]
    assert [place(batch_.origin(at)[0], 108)[1] for at in batch_.rejects.offset.tolist()] == [104, 106]
    assert batch_.received_at(0) == made.received == TIME_OF_BATCH
    assert place(batch_.end, 109) == (4, 108, 0)


@given(st.integers(0, 2**62), st.integers(1, 2**36), st.integers(0, 2**15 - 1))
def test_an_offset_is_found_again_by_its_position(offset, behind, partition):
    assert place(position(partition, offset), offset + behind) == (partition, offset, 0)


def test_messages_without_a_value_make_no_block():
    assert MessageLines()(chunk_of([None, b""]), feed="f", partition=0) == (None, ())
    assert MessageLines()(read_chunk("t", 0, 0, b""), feed="f", partition=0) == (None, ())


def test_lines_that_would_have_no_position_of_their_own_are_refused_and_told_of():
    full, longer = (b"\n".join(event(number) for number in range(count)) for count in (LINES_MAX, LINES_MAX + 3))
    made, lost = MessageLines()(chunk_of([event(0), longer, full, event(1)]), feed="f", partition=4)
    assert made is not None and lost == (Fault("events.gate", 1, 101, 102, TOO_MANY_LINES, 3),)
    assert made.data[: made.size].tobytes() == b"".join(
        each + b"\n" for each in (event(0), b"\n".join(longer.split(b"\n")[:LINES_MAX]), full, event(1))
    )
    at = made.pieces.positions
    assert len(np.unique(at)) == len(at) == 2 * LINES_MAX + 2
    assert place(int(at[LINES_MAX]), 104) == (4, 101, LINES_MAX - 1) and place(int(at[-1]), 104) == (4, 103, 0)
    assert lost[0].en == ("events.gate/1: the message at offset 101 has more than 4,096 lines; its last 3 are not read")
    assert lost[0].zh == "events.gate/1:偏移量 101 的消息超过 4,096 行;最后 3 行未读取"


def test_a_block_stays_as_it_is_while_the_next_ones_are_made():
    lines = MessageLines()
    made = [lines(chunk_of([event(number)] * 50), feed="f", partition=0)[0] for number in range(20)]
    for number, each in enumerate(made):
        assert each is not None
        assert each.data[: each.size].tobytes() == (event(number) + b"\n") * 50


def test_as_many_python_calls_are_made_for_ten_thousand_messages_as_for_one():
    lines, counts = MessageLines(), []
    for count in (10_000, 10_000, 1):  # the first one makes room
        packed = b"".join(record(i, 0, None, event(i)) for i in range(count))
        data = batch(0, packed, count=count, last_delta=count - 1, time=TIME_OF_BATCH)
        calls = [0]
        sys.setprofile(lambda *_, calls=calls: calls.__setitem__(0, calls[0] + 1))
        made, _ = lines(read_chunk("t", 0, 0, data), feed="f", partition=0)
        sys.setprofile(None)
        assert made is not None and np.all(np.diff(made.pieces.starts) > 0)
        counts.append(calls[0])
        del made
    assert counts[1] == counts[2]
