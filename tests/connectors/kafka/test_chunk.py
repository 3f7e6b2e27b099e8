"""A chunk holds what aiokafka's parser reads from the same bytes, by all codecs; what is lost is told."""

import gzip

import cramjam
import pytest
from aiokafka.codec import lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record.default_records import DefaultRecordBatchBuilder as OtherBuilder

from connectors.kafka import chunk as chunks
from connectors.kafka import unpack
from connectors.kafka.chunk import Chunk, read_chunk
from connectors.kafka.fault import Fault
from kernels.decode import record_batches as batches
from tests.kernels.decode.batch_bytes import APPENDED, batch, checked_again, record

PACK = {
    unpack.GZIP: gzip.compress,
    unpack.SNAPPY: snappy_encode,
    unpack.LZ4: lz4_encode,
    unpack.ZSTD: zstd_encode,
}
BUILDERS = [
    (DefaultRecordBatchBuilder, [0, *PACK]),
    (OtherBuilder, [0, unpack.GZIP, unpack.ZSTD]),  # those that it brings its own packages for
]
FIELDS = st.none() | st.binary(max_size=300)
MESSAGES = st.tuples(st.integers(0, 2**41), FIELDS, FIELDS, st.lists(st.tuples(st.text(max_size=3), st.binary())))


def messages(chunk: Chunk):
    return [
        (offset, time, piece(chunk, key, key_size), piece(chunk, value, value_size))
        for offset, time, key, key_size, value, value_size in chunk.records.T.tolist()
    ]


def piece(chunk: Chunk, at: int, size: int) -> bytes | None:
    return None if size < 0 else chunk.data[at : at + size].tobytes()


def parsed(data: bytes):
    found = []
    memory = MemoryRecords(data)
    while memory.has_next():
        one = memory.next_batch()
        assert one.validate_crc()
        found += [(each.offset, each.timestamp, each.key, each.value) for each in one]
    return found


def built(builder, base: int, codec: int, contents) -> bytes:
    made = builder(2, codec, False, -1, -1, -1, 1 << 20)
    for number, (time, key, value, headers) in enumerate(contents):
        made.append(number, time, key, value, headers)
    data = made.build()
    return base.to_bytes(8, "big") + bytes(data[8:])


@pytest.mark.parametrize(("builder", "codecs"), BUILDERS)
@given(st.lists(st.tuples(st.integers(0, 4), st.lists(MESSAGES, min_size=1, max_size=5)), max_size=4))
@settings(max_examples=60)
def test_a_chunk_holds_what_the_client_library_reads(builder, codecs, contents):
    data, base = b"", 7
    for number, each in contents:
        data += built(builder, base, codecs[number % len(codecs)], each)
        base += len(each)
    chunk = read_chunk("t", 0, 7, data)
    assert messages(chunk) == parsed(data)
    assert (chunk.next_offset, chunk.lost, chunk.damage) == (base, (), None)


@given(st.sampled_from(sorted(PACK)), st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=5), st.data())
@settings(max_examples=60)
def test_damage_within_what_is_compressed_loses_that_batch_alone(codec, contents, choices):
    packed = bytearray(PACK[codec](b"".join(record(i, 0, *each) for i, each in enumerate(contents))))
    at = choices.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= choices.draw(st.integers(1, 255))
    size = len(contents)
    broken = batch(0, bytes(packed), count=size, last_delta=size - 1, attributes=codec)
    good = batch(size, record(0, 5, None, b"x"), count=1, last_delta=0)
    chunk = read_chunk("t", 3, 0, broken + good)
    assert messages(chunk)[-1] == (size, 5, None, b"x")
    assert (chunk.next_offset, chunk.damage) == (size + 1, None)
    for fault in chunk.lost:
        assert 0 <= fault.offset <= fault.next_offset == size and "t/3" in fault.en


def test_plain_snappy_is_read_as_well_as_that_of_java():
    packed = bytes(cramjam.snappy.compress_raw(record(0, 0, b"k", b"v" * 100)))
    chunk = read_chunk("t", 0, 0, batch(0, packed, count=1, last_delta=0, attributes=unpack.SNAPPY))
    assert messages(chunk) == [(0, 0, b"k", b"v" * 100)]


@pytest.mark.parametrize("codec", sorted(PACK))
def test_a_bomb_is_not_unpacked(codec, monkeypatch):
    monkeypatch.setattr(unpack, "UNPACKED_BYTES_MAX", 200_000)
    one = record(0, 0, None, bytes(300_000))
    data = batch(4, PACK[codec](one), count=1, last_delta=0, attributes=codec)
    chunk = read_chunk("t", 0, 4, data + batch(5, record(0, 0, None, b"x"), count=1, last_delta=0))
    assert messages(chunk) == [(5, 0, None, b"x")]
    assert chunk.lost == (Fault("t", 0, 4, 5, batches.NOT_UNPACKED),)
    small = batch(0, PACK[codec](record(0, 0, None, bytes(190_000))), count=1, last_delta=0, attributes=codec)
    assert messages(read_chunk("t", 0, 0, small)) == [(0, 0, None, bytes(190_000))]


def test_what_does_not_fit_in_memory_comes_with_the_next_chunk(monkeypatch):
    monkeypatch.setattr(chunks, "ARENA_BYTES_MAX", 1000)
    data = b"".join(
        batch(i, zstd_encode(record(0, 0, None, bytes(900))), count=1, last_delta=0, attributes=unpack.ZSTD)
        for i in range(5)
    )
    seen, offset = [], 0
    while offset < 5:
        chunk = read_chunk("t", 0, offset, data)
        assert 0 < len(chunk) <= 2 and chunk.damage is None
        seen += [each[0] for each in messages(chunk)]
        offset = chunk.next_offset
    assert seen == list(range(5))


@pytest.mark.parametrize("codec", [5, 7])
def test_a_codec_that_nobody_knows_is_told_of(codec):
    chunk = read_chunk("t", 0, 0, batch(0, b"?" * 9, count=1, last_delta=0, attributes=codec))
    assert len(chunk) == 0 and chunk.lost == (Fault("t", 0, 0, 1, batches.NOT_UNPACKED),) and chunk.next_offset == 1


def test_damage_ends_a_chunk_and_is_told_in_both_languages():
    good = batch(3, record(0, 0, None, b"x"), count=1, last_delta=0)
    bad = batch(4, record(0, 0, None, b"y"), count=1, last_delta=0)
    chunk = read_chunk("events.gate", 2, 0, good + bad[:-1] + b"!")
    assert (len(chunk), chunk.next_offset) == (1, 4)
    assert chunk.damage == Fault("events.gate", 2, 4, 5, batches.BAD_CHECKSUM)
    assert chunk.damage.en == (
        "events.gate/2: what begins at offset 4 does not have its checksum; reading goes on at 5"
    )
    assert "偏移量 4" in chunk.damage.zh and "校验和" in chunk.damage.zh
    unknown = checked_again(bad[:23] + b"\xff" * 4 + bad[27:])
    damage = read_chunk("t", 0, 4, unknown).damage
    assert damage == Fault("t", 0, 4, None, batches.BAD_HEAD) and "not read beyond" in damage.en and "停在" in damage.zh


def test_records_that_do_not_fit_are_lost_from_there_to_the_end_of_their_batch():
    two = record(0, 0, None, b"x") + b"\x7e" + record(1, 0, None, b"y")[1:]  # of a length that is not there
    chunk = read_chunk("t", 0, 0, batch(0, two, count=2, last_delta=1))
    assert [each[0] for each in messages(chunk)] == [0]
    assert chunk.lost == (Fault("t", 0, 1, 2, batches.BAD_RECORD),) and chunk.next_offset == 2


def test_a_chunk_says_from_which_message_on_it_has_not_the_time_of_the_broker():
    def of(base, attributes, count=1):
        packed = b"".join(record(i, 0, None, b"x") for i in range(count))
        return batch(base, packed, count=count, last_delta=1, attributes=attributes)

    data = of(0, APPENDED, 2) + of(2, 0, 0) + of(4, 0, 2) + of(6, APPENDED, 2)
    assert [read_chunk("t", 0, offset, data).producer_time for offset in (0, 4, 5, 6)] == [4, 4, 5, None]
    assert read_chunk("t", 0, 0, of(0, APPENDED)).producer_time is None is read_chunk("t", 0, 0, b"").producer_time
    first = read_chunk("t", 0, 1, data).before(4)
    assert ([each[0] for each in messages(first)], first.next_offset, first.value_bytes) == ([1], 4, 1)


def test_bytes_behind_the_last_record_lose_nothing():
    chunk = read_chunk("t", 0, 0, batch(0, record(0, 0, None, b"x") + b"?", count=1, last_delta=0))
    assert ([each[0] for each in messages(chunk)], chunk.lost, chunk.next_offset) == ([0], (), 1)
