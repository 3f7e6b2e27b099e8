import numpy as np
import pytest

from streams.snapshot.container import ALIGNMENT, SnapshotError, pack, unpack

HEADER = {"format": 1, "position": 7, "feeds": ["a", "事"]}
TABLES = {
    "b/words": np.arange(5, dtype=np.int64),
    "a/flags": np.array([True, False, True]),
    "c/wide": np.arange(12, dtype=np.int8).reshape(3, 4),
    "d/none": np.empty((0, 3), np.float64),
    "e/text": np.frombuffer("文本".encode(), np.uint8),
}


def same(data):
    """Whether a container reads back as what was packed."""
    header, tables = unpack(data)
    return (
        header == HEADER
        and tables.keys() == TABLES.keys()
        and all(
            tables[name].dtype == array.dtype and np.array_equal(tables[name], array) for name, array in TABLES.items()
        )
    )


def test_what_is_packed_comes_back():
    assert same(pack(HEADER, TABLES))
    assert unpack(pack({}, {})) == ({}, {})


def test_equal_state_gives_equal_bytes_whatever_the_order_it_is_named_in():
    turned = dict(reversed(TABLES.items()))
    assert pack(dict(reversed(HEADER.items())), turned) == pack(HEADER, TABLES)
    spread = {name: np.repeat(array, 2, axis=0)[::2] for name, array in TABLES.items()}
    assert pack(HEADER, spread) == pack(HEADER, TABLES)


def test_every_array_begins_at_a_multiple_of_the_alignment():
    data = pack(HEADER, TABLES)
    assert len(data) % ALIGNMENT == 0
    for array in TABLES.values():
        if array.nbytes > 4:
            assert data.index(array.tobytes()) % ALIGNMENT == 0


def test_a_flipped_bit_anywhere_is_refused_or_was_only_padding():
    data = pack(HEADER, TABLES)
    refused = 0
    for at in range(len(data)):
        for bit in (1, 128):
            damaged = bytearray(data)
            damaged[at] ^= bit
            try:
                assert same(bytes(damaged)), f"byte {at} is silently wrong"
            except SnapshotError:
                refused += 1
    assert refused > 2 * len(data) // 2


def test_a_cut_anywhere_is_refused_or_was_only_padding():
    data = pack(HEADER, TABLES)
    for size in range(len(data)):
        try:
            assert same(data[:size]), f"cut at {size} is silently wrong"
        except SnapshotError:
            continue
        assert not any(data[size:])


@pytest.mark.parametrize("data", [b"", b"CNSNAP", b"PK\x03\x04" * 9, bytes(100)])
def test_what_is_no_snapshot_is_refused(data):
    with pytest.raises(SnapshotError, match="magic"):
        unpack(data)


def test_it_says_which_table_is_damaged():
    data = pack(HEADER, TABLES)
    at = data.index(TABLES["b/words"].tobytes())
    with pytest.raises(SnapshotError, match="b/words"):
        unpack(data[:at] + b"\xff" + data[at + 1 :])
