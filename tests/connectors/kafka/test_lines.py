"""Messages come out of decode as events, and each of them is found again by its line."""

import sys

import numpy as np
import orjson

from connectors.kafka.chunk import read_chunk
from connectors.kafka.lines import MessageLines
from events.batch import POSITION, TIME, Layout
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from tests.kernels.decode.batch_bytes import batch, record

SCHEMAS = Schemas.load()
START = 1_767_225_600_000


def event(number: int) -> bytes:
    return orjson.dumps({"kind": "gate", "time": START + number, "id": f"e{number}"})


def chunk_of(values, base=100):
    packed = b"".join(record(i, 0, b"key", value) for i, value in enumerate(values))
    return read_chunk("events.gate", 1, base, batch(base, packed, count=len(values), last_delta=len(values) - 1))


def test_each_event_knows_the_message_it_came_in():
    values = [event(0), None, event(1) + b"\n" + event(2), b"", b"{broken", event(3) + b"\n", b"[1]", event(4)]
    made = MessageLines()(chunk_of(values), feed="events.gate/1", position=1 << 50, received=START)
    assert made is not None
    batch_ = Decoder(SCHEMAS, Layout(), CityKey())(made.block)
    assert batch_.lanes[TIME].tolist() == [START + i for i in range(5)] and batch_.received == START
    assert [made.offset(at) for at in batch_.lanes[POSITION].tolist()] == [100, 102, 102, 105, 107]
    assert [made.offset((1 << 50) + at) for at in batch_.rejects.offset.tolist()] == [104, 106]


def test_messages_without_a_value_make_no_block():
    assert MessageLines()(chunk_of([None, b""]), feed="f") is None
    assert MessageLines()(read_chunk("t", 0, 0, b""), feed="f") is None


def test_a_block_stays_as_it_is_while_the_next_ones_are_made():
    lines = MessageLines()
    made = [lines(chunk_of([event(number)] * 50), feed="f") for number in range(20)]
    for number, each in enumerate(made):
        assert each is not None
        assert each.block.data[: each.block.size].tobytes() == (event(number) + b"\n") * 50


def test_as_many_python_calls_are_made_for_ten_thousand_messages_as_for_one():
    lines, counts = MessageLines(), []
    for count in (10_000, 10_000, 1):  # the first one makes room
        packed = b"".join(record(i, 0, None, event(i)) for i in range(count))
        data = batch(0, packed, count=count, last_delta=count - 1)
        calls = [0]
        sys.setprofile(lambda *_, calls=calls: calls.__setitem__(0, calls[0] + 1))
        made = lines(read_chunk("t", 0, 0, data), feed="f")
        sys.setprofile(None)
        assert made is not None and np.all(np.diff(made.starts) > 0)
        counts.append(calls[0])
        del made
    assert counts[1] == counts[2]
