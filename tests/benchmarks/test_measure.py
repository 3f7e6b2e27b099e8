"""The benchmark keeps up with what it measures: each measurement runs, over little."""

import pytest

from benchmarks import kafka, kernels, measure
from benchmarks.events import chunks, mixed, odd, write_references


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    write_references(folder / "reference")
    (folder / "mixed.ndjson").write_bytes(mixed(5_000, 1))
    (folder / "odd.ndjson").write_bytes(odd(5_000, 1))
    return folder


@pytest.mark.parametrize("rules", ["three.yaml", "library"])
@pytest.mark.parametrize("spelling", ["mixed", "odd"])
def test_the_engine_takes_every_event_of_both_spellings(city, rules, spelling):
    result = measure.engine(rules, str(city / f"{spelling}.ndjson"), str(city / "reference"), "2")
    assert (result["events"], result["late"]) == (5_000, 0)
    assert (result["rejected"] > 100) == (spelling == "odd")
    assert result["cpu_s"] > 0


def test_the_plain_loop_and_decode_are_measured_over_the_same_events(city):
    assert measure.plain(str(city / "mixed.ndjson"), str(city / "reference"))["rejected"] == 0
    assert measure.decode(str(city / "odd.ndjson"), "1")["events"] == 5_000


def test_every_kernel_has_a_rate(monkeypatch):
    monkeypatch.setattr(kernels, "EVENTS", 1 << 15)
    assert min(measure.kernels().values()) > 0


def test_a_longer_feed_begins_like_a_shorter_one_and_equal_seeds_are_equal():
    assert b"".join(chunks(3_000, 5)) == mixed(3_000, 5)
    assert mixed(3_000, 5) != mixed(3_000, 6)
    assert 150 < len(mixed(10_000, 5)) / 10_000 < 175


@pytest.mark.server
def test_every_reader_of_a_broker_reads_all_that_was_sent(broker):
    kafka.fill(broker.address, mixed(2_000, 1).splitlines())
    assert {name: measure.kafka(name, broker.address, "2000")["messages"] for name in kafka.READERS} == dict.fromkeys(
        kafka.READERS, 2_000
    )
