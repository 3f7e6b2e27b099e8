"""What a broker seldom does: damaged batches, leaders that move, answers that lead nowhere. Its client is a double."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from connectors.kafka import fetch
from connectors.kafka.fault import Fault
from connectors.kafka.fetch import FetchReader
from connectors.kafka.protocol import Cluster, Reading
from kernels.decode import record_batches as batches
from tests.connectors.kafka.test_chunk import messages
from tests.kernels.decode.batch_bytes import APPENDED, batch, checked_again, record

OUT_OF_RANGE, NOT_LEADER, NO_ERROR = 1, 6, 0
PARTITION = ("t", 0)


def one(offset: int, attributes: int = APPENDED) -> bytes:
    return batch(offset, record(0, 0, None, b"%d" % offset), count=1, last_delta=0, attributes=attributes)


class Client:
    """Answers fetches of one partition from `answer(node, offset)`, which gives an error and bytes."""

    def __init__(self, answer, leaders):
        self.answer, self.leaders, self.asked = answer, leaders, Counter()
        self.takes_s = {1: 0.01, 2: 0.01}
        self.end = 100
        self.cluster = SimpleNamespace(
            leader_for_partition=lambda _: self.leaders[0],
            unauthorized_topics=(),
            partitions_for_topic=lambda _: {0},
        )

    async def bootstrap(self):
        await asyncio.sleep(0)

    async def close(self):
        await asyncio.sleep(0)

    def force_metadata_update(self):
        if len(self.leaders) > 1:
            self.leaders.pop(0)
        done = asyncio.get_running_loop().create_future()
        done.set_result(True)
        return done

    def set_topics(self, _):
        return self.force_metadata_update()

    async def send(self, node, request, group=None):
        await asyncio.sleep(self.takes_s[node])
        ((topic, ((number, offset, _),)),) = request.topics
        self.asked[node, offset] += 1
        error, data = self.answer(node, offset)
        return SimpleNamespace(
            API_VERSION=11, topics=[(topic, [(number, error, self.end, self.end, 0, None, -1, data)])]
        )


def reading(monkeypatch, answer, steps, leaders=(1,), what=None, client=None):
    async def within():
        monkeypatch.setattr(fetch, "AIOKafkaClient", lambda **_: client)
        reader = FetchReader(Cluster("nowhere"), what)
        await reader.start()
        reader.assign({PARTITION: 0})
        async with asyncio.timeout(30):
            await steps(reader)
        await reader.close()

    client = client or Client(answer, list(leaders))
    asyncio.run(within())
    return client


def test_what_was_damaged_on_its_way_is_asked_for_again(monkeypatch):
    calls = Counter()

    def answer(_, offset):
        calls[offset] += 1
        data = one(offset) + one(offset + 1)
        return NO_ERROR, data if calls[offset] > 1 else data[:-1] + b"?" if offset == 0 else b""

    async def steps(reader):
        first = await reader.next_chunk()
        assert [each[0] for each in messages(first)] == [0] and first.damage is None and not first.lost
        assert [each[0] for each in messages(await reader.next_chunk())] == [1, 2]

    reading(monkeypatch, answer, steps)


def test_a_batch_that_stays_damaged_is_passed_and_told_of(monkeypatch):
    def answer(_, offset):
        return NO_ERROR, (one(0)[:-1] + b"?" if offset == 0 else b"") + one(max(offset, 1))

    async def steps(reader):
        chunk = await reader.next_chunk()
        assert (len(chunk), chunk.next_offset) == (0, 1) and chunk.lost == (Fault("t", 0, 0, 1, batches.BAD_CHECKSUM),)
        assert [each[0] for each in messages(await reader.next_chunk())] == [1]
        assert not reader.troubles

    client = reading(monkeypatch, answer, steps)
    assert client.asked[1, 0] == fetch.TRIES + 1


@pytest.mark.parametrize("data", [checked_again(one(0)[:23] + b"\xff" * 4 + one(0)[27:]), one(0)[:-1], b"x" * 80])
def test_a_partition_stops_at_damage_without_an_end_and_says_so(monkeypatch, data):
    async def steps(reader):
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(1)
        assert not waiting.done() and "not read beyond" in reader.troubles[PARTITION].en
        waiting.cancel()

    client = reading(monkeypatch, lambda *_: (NO_ERROR, data), steps)
    assert client.asked[1, 0] < 8  # it waits longer and longer


@pytest.mark.parametrize("is_first", [True, False])
def test_a_partition_stops_at_a_batch_beyond_the_end_that_the_broker_names(monkeypatch, is_first):
    flipped = (1 | 1 << 40).to_bytes(8, "big") + one(1)[8:]

    async def steps(reader):
        assert [each[0] for each in messages(await reader.next_chunk())] == [0]
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(0.5)
        assert not waiting.done() and "beyond the end" in reader.troubles[PARTITION].en
        assert "not read beyond" in reader.troubles[PARTITION].en and "停在此处" in reader.troubles[PARTITION].zh
        waiting.cancel()

    def answer(_, offset):
        return NO_ERROR, b"".join([one(0), flipped][offset : offset + 1 if is_first else 2])

    client = reading(monkeypatch, answer, steps)
    assert {offset for _, offset in client.asked} == {0, 1}


def test_an_end_that_grew_while_the_broker_read_stops_nothing(monkeypatch):
    def answer(_, offset):
        client.end = 1 if client.asked[1, 1] < 2 else 100  # it is named before the log is read
        return NO_ERROR, one(0) + one(1) if offset == 0 else one(offset)

    async def steps(reader):
        for offset in range(3):
            assert [each[0] for each in messages(await reader.next_chunk())] == [offset]
        assert not reader.troubles

    client = Client(answer, [1])
    reading(monkeypatch, answer, steps, client=client)


def test_a_partition_stops_where_a_message_has_the_time_of_its_producer(monkeypatch):
    data = [one(0), one(1), one(2, attributes=0), one(3)]

    async def steps(reader):
        chunk = await reader.next_chunk()
        assert ([each[0] for each in messages(chunk)], chunk.next_offset, chunk.value_bytes) == ([0, 1], 2, 2)
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(0.5)
        assert not waiting.done()
        assert "--topic t --add-config message.timestamp.type=LogAppendTime" in reader.troubles[PARTITION].en
        assert "offset 2 " in reader.troubles[PARTITION].en and "生产者的时间" in reader.troubles[PARTITION].zh
        reader.assign({PARTITION: 3})
        assert [each[0] for each in messages(await waiting)] == [3]
        assert not reader.troubles

    client = reading(monkeypatch, lambda _, offset: (NO_ERROR, b"".join(data[offset:])), steps)
    assert client.asked[1, 2] < 8


def test_the_time_of_a_producer_is_taken_where_that_is_asked_for(monkeypatch):
    async def steps(reader):
        assert [each[0] for each in messages(await reader.next_chunk())] == [0]

    any_time = Reading(broker_time_only=False)
    reading(monkeypatch, lambda _, offset: (NO_ERROR, one(offset, attributes=0)), steps, what=any_time)


def test_a_broker_that_sends_the_past_is_not_asked_for_ever(monkeypatch):
    async def steps(reader):
        reader.assign({PARTITION: 5})
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(1)
        assert not waiting.done() and "before the offset" in reader.troubles[PARTITION].en
        waiting.cancel()

    assert reading(monkeypatch, lambda *_: (NO_ERROR, one(0)), steps).asked[1, 5] < 8


def test_reading_follows_the_leader(monkeypatch):
    def answer(node, offset):
        return (NO_ERROR, one(offset)) if node == 2 else (NOT_LEADER, b"")

    async def steps(reader):
        assert [each[0] for each in messages(await reader.next_chunk())] == [0]
        assert not reader.troubles

    client = reading(monkeypatch, answer, steps, leaders=(1, 1, 2))
    assert client.asked[1, 0] and client.asked[2, 0]


def test_an_old_leader_that_answers_late_is_not_listened_to(monkeypatch):
    client = Client(lambda _, offset: (NO_ERROR, one(offset)), [1])
    client.takes_s[1] = 0.3
    monkeypatch.setattr(fetch, "AIOKafkaClient", lambda **_: client)

    async def within():
        reader = FetchReader(Cluster("nowhere"))
        await reader.start()
        reader.assign({PARTITION: 0})
        await asyncio.sleep(0.1)
        client.leaders[0] = 2
        reader.assign({PARTITION: 0})  # undisturbed; it is looked at once who leads
        found = []
        async with asyncio.timeout(30):
            while len(found) < 40:
                found += [each[0] for each in messages(await reader.next_chunk())]
        assert found == list(range(40)) and client.asked[1, 0] == 1
        await reader.close()

    asyncio.run(within())


def test_reading_is_two_chunks_ahead_and_no_further(monkeypatch):
    async def steps(reader):
        await asyncio.sleep(0.5)
        assert sum(client.asked.values()) == fetch.CHUNKS_AHEAD and reader.lag() == {PARTITION: 100}
        for offset in range(5):
            assert (await reader.next_chunk()).offset == offset
        assert reader.lag() == {PARTITION: 95}

    client = Client(lambda _, offset: (NO_ERROR, one(offset)), [1])
    monkeypatch.setattr(fetch, "AIOKafkaClient", lambda **_: client)

    async def within():
        reader = FetchReader(Cluster("nowhere"))
        await reader.start()
        reader.assign({PARTITION: 0})
        await steps(reader)
        await reader.close()

    asyncio.run(within())


def test_a_chunk_of_a_partition_that_was_taken_away_is_not_delivered(monkeypatch):
    async def steps(reader):
        await reader.next_chunk()
        reader.assign({})
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        reader.assign({PARTITION: 7})
        assert (await waiting).offset == 7
        waiting.cancel()

    reading(monkeypatch, lambda _, offset: (NO_ERROR, one(offset)), steps)


def test_a_mistake_of_ours_ends_the_reading_with_an_error(monkeypatch):
    def answer(*_):
        raise ZeroDivisionError

    async def steps(reader):
        with pytest.raises(ZeroDivisionError):
            await reader.next_chunk()

    reading(monkeypatch, answer, steps)


class TwoBrokers(Client):
    """Broker n + 1 leads partition n; metadata takes its time, and he who asks for leaders without end is stopped."""

    def __init__(self):
        super().__init__(lambda _, offset: (NO_ERROR, one(offset)), [])
        self.leads: dict[int, int | None] = {0: 1, 1: 2}
        self.looks_left = 10_000
        self.cluster.leader_for_partition = self.leader

    def leader(self, key):
        self.looks_left -= 1
        assert self.looks_left > 0, "the loop is never left"
        return self.leads[key.partition]

    def force_metadata_update(self):
        return asyncio.ensure_future(asyncio.sleep(0.5))


def test_a_partition_that_is_full_waits_while_another_one_has_lost_its_leader(monkeypatch):
    client = TwoBrokers()
    monkeypatch.setattr(fetch, "AIOKafkaClient", lambda **_: client)
    full, lost = ("t", 0), ("t", 1)

    async def within():
        reader = FetchReader(Cluster("nowhere"))
        await reader.start()
        reader.assign({full: 0, lost: 0})
        async with asyncio.timeout(30):
            while sum(client.asked.values()) < 2 * fetch.CHUNKS_AHEAD:
                await asyncio.sleep(0.05)
            client.leads[1] = None
            reader.assign({full: 0, lost: 0})  # undisturbed; it is looked at once who leads
            await asyncio.sleep(0.1)  # metadata is on its way
            assert (await reader.next_chunk(lost)).offset == 0
            await asyncio.sleep(0.1)
            assert client.looks_left > 9_000
            client.leads[1] = 2
            for offset in range(1, 5):
                assert (await reader.next_chunk(lost)).offset == offset
            for offset in range(5):
                assert (await reader.next_chunk(full)).offset == offset
            await reader.close()

    asyncio.run(within())


def test_a_reader_that_is_closed_in_the_turn_in_which_a_chunk_is_taken_ends(monkeypatch):
    client = TwoBrokers()
    monkeypatch.setattr(fetch, "AIOKafkaClient", lambda **_: client)

    async def within():
        reader = FetchReader(Cluster("nowhere"))
        await reader.start()
        reader.assign({("t", 0): 0, ("t", 1): 0})
        async with asyncio.timeout(5):
            while sum(client.asked.values()) < 2 * fetch.CHUNKS_AHEAD:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)  # all wait, as what may be read ahead is there
            await reader.next_chunk()
            await reader.close()

    asyncio.run(within())
