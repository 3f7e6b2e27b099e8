import pytest

from citynerve import text


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ([], {"LANG": "en_US.UTF-8", "CITYNERVE_LANG": "zh"}, "zh"),
        (["--lang", "en", "replay"], {"CITYNERVE_LANG": "zh"}, "en"),
        (["replay", "--lang=zh"], {}, "zh"),
        (["replay", "--lang"], {}, "en"),
        (["replay", "--lang", "fr"], {"LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_command_line_decides_the_language_then_the_environment(arguments, environment, language):
    assert text.chosen(arguments, environment) == language
