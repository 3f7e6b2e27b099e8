"""Every word of a snapshot that may be a log position is one."""

import numpy as np

from streams.disk import Disk
from streams.shard.shard import SUCCESSOR
from streams.snapshot.container import pack
from streams.snapshot.named import named
from streams.snapshot.store import SnapshotStore


def saved(folder, shard, position, **tables):
    SnapshotStore(folder, Disk()).save(shard, position, pack({}, tables))


def test_positions_of_all_shards_are_named_and_of_who_follows_them(tmp_path):
    following = pack({}, {"seen": np.array([[7], [3]])})
    saved(tmp_path, 0, 100, ring=np.array([[5, 1 << 60], [50, -1]]), others=np.array([8], np.int32))
    saved(tmp_path, 0, 200, last=np.array([5, 9]), **{SUCCESSOR: np.frombuffer(following, np.uint8)})
    saved(tmp_path, 1, 150, last=np.array([11]))
    saved(tmp_path, 2, 150, last=np.array([12]))
    assert named(tmp_path, 2, 50).tolist() == [3, 5, 7, 9, 11]
    assert named(tmp_path, 2, 51).tolist() == [3, 5, 7, 9, 11, 50]


def test_a_damaged_snapshot_names_what_can_be_read_of_it(tmp_path):
    saved(tmp_path, 0, 100, last=np.array([5, 9]), more=np.array([6]))
    (path,) = tmp_path.glob("*.snapshot")
    content = path.read_bytes()
    path.write_bytes(content[:-64])
    assert named(tmp_path, 1, 50).tolist() == [5, 9]
    path.write_bytes(b"?" + content[1:])
    assert named(tmp_path, 1, 50).tolist() == []
