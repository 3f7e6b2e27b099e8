"""What the page on running an engine shows is a configuration, and names every key there is."""

import re
from pathlib import Path

import pytest

from citynerve import configuration
from citynerve.configuration_keys import FEED, HTTP, LOG, METRICS, TOP
from events.schema import Schemas

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["running.md", "running.zh-CN.md"])
def test_the_configuration_shown_is_right_and_whole(tmp_path, page):
    [text] = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "citynerve.yaml"
    path.write_text(text, encoding="utf-8")
    settings = configuration.read(path, Schemas.load(), {})
    assert settings.data == tmp_path / "data"
    assert settings.urgent == {"smoke_detectors"}
    assert [feed.name for feed in settings.feeds] == ["gates", "smoke_detectors"]
    assert settings.retention.keep_ms == 7 * 86_400_000
    for key in (*TOP, *FEED, *HTTP, *METRICS, *LOG):
        assert f"{key}:" in text, key
