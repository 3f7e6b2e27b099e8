import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernels.compile import kernel
from kernels.patterns import quantile as q
from tests.kernels.patterns.test_windows import SPEED, looks_of
from tests.naive.quantile import Counts
from tests.naive.windows import HELD, Aggregate, Window, middle


@kernel("int64(float64)")
def bucket_of(x):
    return q.bucket_of(x)


@kernel("float64(int64)")
def value_of(bucket):
    return q.value_of(bucket)


@kernel("void(int32[:, :, ::1], int64, int64, int64, int64)")
def put(buckets, row, tree, bucket, by):
    q.put(buckets, row, tree, bucket, by)


@kernel("int64(int32[:, :, ::1], int64, int64, int64)")
def at_rank(buckets, row, tree, rank):
    return q.at_rank(buckets, row, tree, rank)


buckets = st.integers(0, q.BUCKETS - 1) | st.sampled_from([0, 15, 16, 255, 256, 257, q.BUCKETS - 1])


@given(st.lists(st.tuples(buckets, st.integers(0, 3)), min_size=1, max_size=60))
def test_a_tree_counts_what_is_put_in_and_taken_out(moves):
    tree, twin, held = np.zeros((2, 2, q.WORDS), np.int32), Counts(), []
    for bucket, out in moves:
        held.append(bucket)
        put(tree, 1, 1, bucket, 1)
        twin.put(bucket, 1)
        if out == 0:
            gone = held.pop(len(held) // 2)
            put(tree, 1, 1, gone, -1)
            twin.put(gone, -1)
        assert [at_rank(tree, 1, 1, rank) for rank in range(len(held))] == [
            twin.at_rank(rank) for rank in range(len(twin))
        ]
    assert not tree[0].any() and not tree[1, 0].any()


@given(st.integers(0, q.SIDE), st.integers(-3, 3), st.booleans())
def test_the_twin_tells_numbers_at_the_edges_of_buckets_alike(side, steps, negative):
    x = q.LEAST * q.GROWTH**side
    for _ in range(abs(steps)):
        x = np.nextafter(x, np.inf if steps > 0 else 0.0)
    x = float(-x if negative else x)
    assert value_of(bucket_of(x)) == middle(x)


@given(st.floats(q.LEAST, q.GREATEST), st.booleans())
@example(q.LEAST * 1.0001, True)
@example(q.GREATEST, False)
def test_a_bucket_tells_a_number_to_one_percent(x, negative):
    x = -x if negative else x
    assert value_of(bucket_of(x)) == pytest.approx(x, rel=0.01) or abs(x) == q.LEAST


@given(st.floats(-1e10, 1e10))
def test_the_twin_tells_numbers_alike(x):
    assert value_of(bucket_of(x)) == middle(x)


@given(st.floats(allow_nan=False))
def test_any_number_has_a_bucket_and_far_ones_the_last(x):
    bucket = bucket_of(x)
    assert 0 <= bucket < q.BUCKETS
    if abs(x) <= q.LEAST:
        assert value_of(bucket) == 0
    if abs(x) >= q.GREATEST:
        assert bucket == (q.BUCKETS - 1 if x > 0 else 0)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_buckets_are_in_the_order_of_numbers(a, b):
    if a <= b:
        assert bucket_of(a) <= bucket_of(b)


def test_the_quantile_of_a_busy_window_is_that_of_its_last_numbers():
    window = Window(60_000, "sliding", [Aggregate("quantile", SPEED, 0.25), Aggregate("quantile", SPEED, 0.75)])
    rng = np.random.default_rng(7)
    speeds = np.concatenate([rng.normal(50, 9, 3000), rng.normal(80, 3, HELD), rng.normal(30, 3, 2000)])
    seen = [{"time": 1_000_000 + 7 * i, "key": 1, "speed": float(x)} for i, x in enumerate(speeds)]
    looks = looks_of(window, seen, [4000], 2_000_000, room=10_000)[1]
    for at in (2999, 3000, 3000 + HELD - 1, 3000 + HELD + 700, len(seen) - 1):
        last = np.sort(speeds[: at + 1][-HELD:])
        for got, share in zip(looks[at][1], (0.25, 0.75), strict=True):
            assert got == pytest.approx(last[int(share * (len(last) - 1))], rel=0.01)


def test_what_a_full_tree_lost_does_not_leave_it_again_with_its_pane():
    window = Window(600, "sliding", [Aggregate("quantile", SPEED, 0.5), Aggregate("count", parameter=9000)])
    burst = [{"time": 1_000_000 + i // 100, "key": 0, "speed": float(1 + i // 1000)} for i in range(6000)]
    after = [{"time": time, "key": 0, "speed": 900.0} for time in (1_000_400, 1_000_625, 1_000_655, 1_000_670)]
    looks = looks_of(window, burst + after, [], 1_002_000, room=7000)[0]
    for time, (median, count), *_ in looks[-4:]:
        pane = -(-time // 10)
        known = [e["speed"] for e in burst[-(HELD - 1) :] if -(-e["time"] // 10) > pane - 60]
        known += [e["speed"] for e in after if e["time"] <= time]
        assert median == pytest.approx(sorted(known)[(len(known) - 1) // 2], rel=0.01), (time, count)
