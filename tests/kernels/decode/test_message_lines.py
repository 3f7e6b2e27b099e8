"""Messages become lines as the plain definition says, wherever they lie, and each line knows its message."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.decode.message_lines import lines
from kernels.decode.record_batches import RECORD, VALUE, VALUE_SIZE
from kernels.decode.wide import WIDTH
from tests.naive.message_lines import lines as plain

VALUES = st.lists(st.none() | st.binary(max_size=200) | st.sampled_from([b"\n", b"a\n", b"a\nb", b"x" * 64]))


@given(VALUES, st.lists(st.binary(max_size=70), min_size=1))
def test_messages_become_lines_as_the_plain_definition_says(values, between):
    data, records = bytearray(between[0]), np.zeros((RECORD, len(values)), np.int64)
    for number, value in enumerate(values):
        records[VALUE, number] = len(data)
        records[VALUE_SIZE, number] = -1 if value is None else len(value)
        data += (value or b"") + between[number % len(between)]
    out = np.full(sum(len(value or b"") + 1 for value in values) + WIDTH, 7, np.uint8)
    starts = np.empty(len(values), np.int64)
    size = lines(np.frombuffer(bytes(data), np.uint8), records, out, starts)
    assert (out[:size].tobytes(), starts.tolist()) == plain(values)
