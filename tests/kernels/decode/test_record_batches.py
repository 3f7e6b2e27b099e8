"""Batches are read as the plain definition says, whatever bytes a broker sends; nothing raises and nothing loops."""

import struct

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from kernels.decode import record_batches as kernel
from tests.kernels.decode.batch_bytes import CONTROL, TRANSACTIONAL, batch, checked_again, marker, record
from tests.naive import record_batches as plain

FIELDS = st.none() | st.binary(max_size=200)
BODIES = st.tuples(
    st.integers(0, 3),  # offsets that compaction took before the record
    st.integers(-(2**63), 2**63 - 1) | st.integers(-100, 100),
    FIELDS,
    FIELDS,
    st.lists(st.tuples(st.binary(max_size=3), FIELDS), max_size=2),
)
PRODUCERS = st.integers(1, 3)


def heads(data: bytes, wanted: int, aborted=(), log_end=plain.OFFSET_MAX):
    columns = np.array(sorted(aborted, key=lambda each: each[1]), np.int64).reshape(-1, 2).T.copy()
    table = np.empty((kernel.BATCH, len(data) // kernel.HEAD), np.int64)
    found = np.empty(kernel.HEADS, np.int64)
    kernel.heads(np.frombuffer(data, np.uint8), wanted, log_end, columns, table, found)
    return table[:, : found[kernel.BATCHES]], found


def head_of(data: bytes, wanted: int, aborted=(), log_end=plain.OFFSET_MAX) -> plain.Heads:
    table, found = heads(data, wanted, aborted, log_end)
    rows = [
        plain.Batch(*row, None if append_time == kernel.NOT_APPENDED else append_time)
        for *row, append_time in table.T.tolist()
    ]
    return plain.Heads(rows, *found[1:].tolist())


def records(data: bytes, wanted: int, table):
    rooms = np.minimum(table[kernel.RECORDS], (table[kernel.END] - table[kernel.BEGIN]) // kernel.RECORD_MIN)
    out = np.empty((kernel.RECORD, int(rooms.sum())), np.int64)
    faults = np.empty((2, table.shape[1]), np.int64)
    count, lost, total = kernel.records(np.frombuffer(data, np.uint8), wanted, np.ascontiguousarray(table), out, faults)
    found = [
        (offset, time, piece(data, key, key_size), piece(data, value, value_size))
        for offset, time, key, key_size, value, value_size in out[:, :count].T.tolist()
    ]
    assert total == sum(len(value or b"") for *_, value in found)
    return found, list(map(tuple, faults[:, :lost].T.tolist()))


def piece(data: bytes, at: int, size: int) -> bytes | None:
    return None if size < 0 else data[at : at + size]


def wrapped(found):
    """Let times be as 64 bits hold them: a broken producer's may be beyond."""
    return [(offset, (time + 2**63) % 2**64 - 2**63, key, value) for offset, time, key, value in found]


@st.composite
def logs(draw) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Batches of a partition one after the other, and what a broker would say of aborted transactions in them."""
    batches, aborted = [], []
    offset, opened = draw(st.integers(0, 5) | st.just(2**40)), {}
    for _ in range(draw(st.integers(0, 6))):
        offset += draw(st.integers(0, 2))
        producer = draw(PRODUCERS)
        if opened and draw(st.booleans()):
            producer = draw(st.sampled_from(sorted(opened)))
            is_aborted = draw(st.booleans())
            if is_aborted:
                aborted.append((producer, opened[producer]))
            del opened[producer]
            batches.append(marker(offset, producer, aborted=is_aborted))
            offset += 1
            continue
        packed, delta = [], -1
        for gap, *body in draw(st.lists(BODIES, max_size=5)):
            delta += 1 + gap
            packed.append(record(delta, *body))
        delta = max(delta, 0) + draw(st.integers(0, 2))
        is_transaction = draw(st.booleans())
        if is_transaction:
            opened.setdefault(producer, offset)
        batches.append(
            batch(
                offset,
                b"".join(packed),
                count=len(packed),
                last_delta=delta,
                time=draw(st.integers(-5, 2**41)),
                max_time=draw(st.integers(-5, 2**41)),
                attributes=TRANSACTIONAL * is_transaction | 8 * draw(st.booleans()),
                producer=producer if is_transaction else -1,
            )
        )
        offset += delta + 1
    return batches, aborted


def agree(data: bytes, wanted: int, aborted=(), log_end=plain.OFFSET_MAX) -> plain.Heads:
    expected = plain.heads(data, wanted, aborted, log_end)
    assert head_of(data, wanted, aborted, log_end) == expected
    found, faults = records(data, wanted, heads(data, wanted, aborted, log_end)[0])
    plain_found, plain_faults = plain.records(data, wanted, expected.batches)
    assert (found, faults) == (wrapped(plain_found), plain_faults)
    return expected


@given(logs(), st.integers(0, 30), st.integers(0, 100))
def test_a_partition_is_read_as_the_plain_definition_says(log, wanted, cut):
    batches, aborted = log
    data = b"".join(batches)
    assert agree(data, wanted, aborted).fault == plain.SOUND
    agree(data[: max(len(data) - cut, 0)], wanted, aborted)


@given(logs(), st.integers(0, 30), st.integers(0, 40))
def test_a_batch_beyond_the_end_is_damage_as_the_plain_definition_says(log, wanted, log_end):
    batches, aborted = log
    said = agree(b"".join(batches), wanted, aborted, log_end)
    assert said.next <= max(wanted, log_end) and said.fault in (plain.SOUND, plain.BEYOND_END)


@given(logs(), st.integers(0, 30), st.data())
def test_damage_is_told_of_as_the_plain_definition_says(log, wanted, choices):
    batches, aborted = log
    for _ in range(choices.draw(st.integers(0, 3))):
        if not batches:
            break
        number = choices.draw(st.integers(0, len(batches) - 1))
        broken = bytearray(batches[number])
        at = choices.draw(st.integers(0, len(broken) - 1))
        broken[at] = choices.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
        batches[number] = checked_again(bytes(broken)) if choices.draw(st.booleans()) else bytes(broken)
    log_end = choices.draw(st.integers(0, 40) | st.just(plain.OFFSET_MAX))
    said = agree(b"".join(batches), wanted, aborted, log_end)
    assert max(said.next, said.fault_next) <= max(wanted, log_end)


@given(st.binary(max_size=300), st.integers(0, 2**31 - 1), st.integers(0, 9))
@example(b"\xff" * 9 + b"\x01" + b"\0" * 20, 3, 2)
@example(b"\x7f" * 200, 2**31 - 1, 2**31 - 1)
def test_records_of_rubbish_end_and_are_told_of(packed, count, last_delta):
    agree(batch(0, packed, count=min(count, last_delta + 1), last_delta=last_delta), 0)


@given(st.binary(max_size=300))
def test_rubbish_for_batches_ends(data):
    agree(data, 0)


def test_an_offset_that_does_not_grow_is_damage_from_there_on():
    twice = record(0, 0, None, b"x") + record(1, 0, None, b"y") + record(1, 0, None, b"z")
    data = batch(5, twice, count=3, last_delta=2) + batch(9, record(0, 0, None, b"x"), count=1, last_delta=0)
    agree(data, 0)
    assert records(data, 0, heads(data, 0)[0])[1] == [(0, 7)]


def test_what_is_before_the_damage_is_read_and_the_offset_behind_is_known():
    good, bad, more = (
        batch(base, record(0, 0, None, b"x") + record(1, 0, None, b"y"), count=2, last_delta=1) for base in (0, 2, 4)
    )
    bad = bad[:-1] + b"?"
    said = agree(good + bad + more, 0)
    assert (said.next, said.fault, said.fault_at, said.fault_next) == (2, plain.BAD_CHECKSUM, 2, 4)
    assert head_of(more, 0)[1:] == (len(more), 6, 0, 0, 0)


def test_a_base_that_is_not_its_own_is_believed_up_to_the_end_alone():
    one = record(0, 0, None, b"x")
    good, more = (batch(base, one, count=1, last_delta=0) for base in (5, 6))
    for bit in range(3, 63):  # 6 with another bit set; the checksum stays right
        flipped = (6 | 1 << bit).to_bytes(8, "big") + more[8:]
        said = agree(good + flipped, 5, (), 7)
        assert (said.next, said.fault_next, [each.base for each in said.batches]) == (6, -1, [5])
        assert said.fault == (plain.BEYOND_END if 1 << bit < plain.OFFSET_MAX else plain.BAD_HEAD)
    assert agree(good + more, 5, (), 7).fault == plain.SOUND
    assert agree(good + more, 5, (), 6).fault == plain.BEYOND_END


def test_where_a_damaged_batch_ends_is_believed_up_to_the_end_alone():
    bad = batch(5, record(0, 0, None, b"x") + record(1, 0, None, b"y"), count=2, last_delta=1)[:-1] + b"?"
    old = struct.pack(">qiib", 6, 14, 0, 1) + bytes(9)
    assert [agree(bad, 5, (), end).fault_next for end in (7, 6)] == [7, -1]
    assert [agree(old, 5, (), end).fault_next for end in (7, 6)] == [7, -1]


def test_an_aborted_transaction_is_left_out_and_the_one_after_it_is_not():
    one = record(0, 0, None, b"x")
    data = b"".join(
        [
            batch(0, one, count=1, last_delta=0, attributes=TRANSACTIONAL, producer=7),
            batch(1, one, count=1, last_delta=0, attributes=TRANSACTIONAL, producer=8),
            batch(2, one, count=1, last_delta=0),
            marker(3, 7, aborted=True),
            batch(4, one, count=1, last_delta=0, attributes=TRANSACTIONAL, producer=7),
            marker(5, 7, aborted=False),
            marker(6, 8, aborted=False),
        ]
    )
    said = agree(data, 0, [(7, 0)])
    assert [each.base for each in said.batches] == [1, 2, 4] and said.next == 7


def test_a_control_batch_that_says_nothing_ends_no_transaction():
    odd = batch(1, b"", count=0, last_delta=0, attributes=TRANSACTIONAL | CONTROL, producer=7)
    rest = batch(2, record(0, 0, None, b"x"), count=1, last_delta=0, attributes=TRANSACTIONAL, producer=7)
    assert agree(odd + rest, 0, [(7, 0)]).batches == []


def test_a_message_of_the_old_format_is_told_of_and_passed():
    old = struct.pack(">qiib", 5, 14, 0, 1) + bytes(9)
    said = agree(old, 5)
    assert (said.fault, said.fault_at, said.fault_next) == (plain.OLD_FORMAT, 5, 6)
