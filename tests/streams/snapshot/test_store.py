"""Where snapshots are kept: what could not be written leaves nothing behind."""

import errno

import pytest

from streams.disk import Disk
from streams.snapshot.store import SnapshotStore


class Full(Disk):
    """A disk with room for so many bytes of each file."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, descriptor, pieces):
        whole = b"".join(map(bytes, pieces))
        super().write(descriptor, [whole[: self.room]])
        if len(whole) > self.room:
            raise OSError(errno.ENOSPC, "full")


def test_a_snapshot_that_fills_the_disk_leaves_nothing_behind_and_the_one_before_it_as_it_was(tmp_path):
    folder = tmp_path / "snapshots"
    store = SnapshotStore(folder, Full(10))
    store.save(0, 1, b"small")
    with pytest.raises(OSError, match="full"):
        store.save(0, 2, b"more than there is room for")
    assert [path.name for path in folder.iterdir()] == ["shard-000.0000000000000001.snapshot"]
    assert store.newest(0)[0][1].read_bytes() == b"small"


def test_what_a_killed_engine_was_writing_goes_when_the_next_one_says_so(tmp_path):
    store = SnapshotStore(tmp_path / "snapshots", Disk())
    store.save(3, 1, b"whole")
    (tmp_path / "snapshots" / "shard-007.fresh").write_bytes(b"half")
    store.drop_unfinished()
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == ["shard-003.0000000000000001.snapshot"]
