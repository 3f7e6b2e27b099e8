import numpy as np
import pytest

from events.identity import CityKey
from kernels.keys.token import combined, combined_all, token_at, tokens_at
from kernels.nulls import NULL

KEY = np.uint64(0x1234567890ABCDEF)


def token(raw, key=KEY, before=b"", behind=b""):
    text = np.frombuffer(before + raw + behind + bytes(16), np.uint8).copy()
    return int(token_at(text, np.uint64(len(before)), np.uint64(len(raw)), key))


@pytest.mark.parametrize("length", [*range(36), 63, 64, 65, 1024])
def test_a_token_depends_on_its_text_alone_wherever_it_stands(length):
    raw = bytes(i % 251 for i in range(length))
    assert token(raw) == token(raw, before=b"xyz", behind=b"\xff" * 20)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 50])
def test_every_byte_counts(length):
    raw = bytes(length)
    changed = [raw[:i] + b"\x01" + raw[i + 1 :] for i in range(length)]
    assert len({token(text) for text in [raw, *changed]}) == length + 1


def test_texts_of_zero_bytes_differ_by_their_length():
    assert len({token(bytes(length)) for length in range(70)}) == 70


def test_another_key_gives_other_tokens():
    assert len({token(b"p1", np.uint64(key)) for key in range(100)}) == 100
    assert CityKey(b"a").token("p1") != CityKey(b"b").token("p1")


def test_many_ids_have_as_many_tokens_spread_over_all_bits():
    ids = [f"{i:06d}" for i in range(50_000)]
    tokens = CityKey().tokens(ids)
    assert len(np.unique(tokens)) == len(ids)
    bits = np.unpackbits(tokens.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
    assert (abs(bits - 0.5) < 0.02).all()


def test_tokens_of_many_slices_are_those_of_each():
    text, starts, lengths = (
        np.frombuffer(b"abcdefgh" + bytes(16), np.uint8).copy(),
        np.array([0, 3, 3]),
        np.array([3, 5, 0]),
    )
    out = np.empty(3, np.int64)
    tokens_at(text, starts, lengths, KEY, out)
    assert out.tolist() == [token(b"abc"), token(b"defgh"), token(b"")]


def test_a_composite_token_depends_on_both_parts_and_their_order_and_is_null_where_one_is():
    assert len({combined(1, 2), combined(2, 1), combined(1, 3), combined(3, 2), 1, 2}) == 6
    assert combined(NULL, 1) == combined(1, NULL) == combined(NULL, NULL) == NULL
    first, second, out = np.array([1, NULL, 5]), np.array([2, 3, NULL]), np.empty(3, np.int64)
    combined_all(first, second, out)
    assert out.tolist() == [combined(1, 2), NULL, NULL]
