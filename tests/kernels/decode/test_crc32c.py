"""Both ways to a CRC-32C give what the package gives, whatever the length."""

import crc32c as package
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.decode import crc32c


@given(st.binary(max_size=100) | st.integers(0, 3000).map(lambda size: bytes(i * i % 251 for i in range(size))))
def test_both_ways_give_what_the_package_gives(data):
    text = np.frombuffer(data, np.uint8)
    assert crc32c.checksum(text) == crc32c.table_checksum(text) == package.crc32c(data)


def test_the_check_value_is_the_one_of_the_standard():
    assert crc32c.checksum(np.frombuffer(bytes(32), np.uint8)) == 0x8A9136AA
