"""What stands in logs is put into words for a terminal, whatever it is."""

from pathlib import Path

import orjson

from citynerve.topic_lines import TopicLines
from citynerve.topics import Topic
from dispatch.watchdog import record
from events.identity import CityKey
from events.schema import Schemas
from rules.check import LIBRARY, load
from streams.log.frame import Frame, What


def test_notes_of_the_watchdog_have_no_envelope_and_are_shown_all_the_same():
    lines = TopicLines(load([LIBRARY], Schemas.load(), CityKey()).plan)
    text = orjson.dumps(record("fire", 29_924_040, 0, None, ("zh", "en")))
    frame = Frame(0, 0, 1_795_442_400_000, What.LINES, "", text)
    assert "The desk works" in lines.line(Topic("dispatch.fire", Path()), frame, text).plain
