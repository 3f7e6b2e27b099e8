"""Messages become lines as the plain definition says, wherever they lie, and each line knows its place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from events.block import POSITION_BITS
from kernels.decode.message_lines import LINES_MAX, lines
from kernels.decode.record_batches import OFFSET, RECORD, TIMESTAMP, VALUE, VALUE_SIZE
from kernels.decode.wide import WIDTH
from tests.naive.message_lines import lines as plain

VALUES = st.lists(
    st.none()
    | st.binary(max_size=200)
    | st.sampled_from([b"\n", b"a\n", b"a\nb", b"x" * 64, b"\n" * 5000, b"a\n" * 4096, b"\n" * 4096 + b"z"])
)


@given(VALUES, st.lists(st.binary(max_size=70), min_size=1), st.sampled_from([0, 2**36 - 2, 2**40]), st.integers(0, 9))
def test_messages_become_lines_as_the_plain_definition_says(values, between, offset, partition):
    data, records = bytearray(between[0]), np.zeros((RECORD, len(values)), np.int64)
    for number, value in enumerate(values):
        records[OFFSET, number], records[TIMESTAMP, number] = offset + number, 1000 + number
        records[VALUE, number] = len(data)
        records[VALUE_SIZE, number] = -1 if value is None else len(value)
        data += (value or b"") + between[number % len(between)]
    text, pieces, refused = plain([(offset + i, 1000 + i, value) for i, value in enumerate(values)], partition)
    out = np.full(sum(len(value or b"") + 1 for value in values) + WIDTH, 7, np.uint8)
    for room in (len(pieces), len(pieces) // 2):
        told = np.empty((3, room), np.int64)
        left_out = np.empty((2, sum(map(len, filter(None, values))) // LINES_MAX), np.int64)
        size, found, long = lines(
            np.frombuffer(bytes(data), np.uint8), records, partition << POSITION_BITS, out, told, left_out
        )
        assert (out[:size].tobytes(), found) == (text, len(pieces))
        assert list(map(tuple, left_out[:, :long].T.tolist())) == refused
        assert told.T.tolist() == [list(piece) for piece in pieces[:room]]
