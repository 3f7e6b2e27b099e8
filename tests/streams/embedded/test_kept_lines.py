"""Alerts are those of an engine that keeps its whole log, however little of it is kept."""

from unittest.mock import patch

import pytest

from streams.disk import Disk
from streams.embedded.folder import log_folder
from streams.log.file_log import Retention
from streams.log.kept import files
from tests.simulation.rulesets import later, ruleset
from tests.streams.embedded.town import Town, bodies

TINY = Retention(segment_bytes=600, keep_bytes=0, headroom_bytes=0)
WHOLE = Retention(segment_bytes=600, headroom_bytes=0)


def lived(seed, folder, retention, others=()):
    """Let a town live, with two restarts; return its alerts, how many lines were lost, and where its log begins."""
    lost = 0
    with patch("tests.streams.embedded.town.RETENTION", retention):
        town = Town(ruleset(seed), seed, folder, 1 + seed % 2, others)
        for _ in range(3):
            town.start(Disk())
            town.run(150)
            lost += town.engine.counts.lines_lost
            town.stop()
        town.start(Disk())
        town.settle()
        town.settle()
        lost += town.engine.counts.lines_lost
        begin = town.engine.logs.events.begin
        town.stop()
    return bodies(folder), lost, begin


@pytest.mark.parametrize("seed", range(4))
def test_alerts_name_what_the_log_has_forgotten(seed, tmp_path):
    whole = lived(seed, tmp_path / "whole", WHOLE)
    tiny = lived(seed, tmp_path / "tiny", TINY)
    assert tiny[2] > 0 == whole[2], "segments have gone"
    assert files(log_folder(tmp_path / "tiny", "events")), "and left something"
    assert tiny[:2] == (whole[0], 0)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_when_rules_change(seed, tmp_path):
    said, lost, begin = lived(seed, tmp_path, TINY, later(seed))
    assert begin > 0
    assert said
    assert lost == 0
    assert "lost-" not in str(said)
