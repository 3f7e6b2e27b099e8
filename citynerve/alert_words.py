"""What severities, transitions and modes are called in the reader's language; in English as files write them."""

from citynerve.text import say
from events.alert import Severity, Transition
from rules.model import Mode

_SEVERITIES: dict[Severity, str] = {"critical": "危急", "high": "高", "medium": "中", "low": "低"}
_TRANSITIONS: dict[Transition, str] = {
    "firing": "触发",
    "raised": "升级",
    "lowered": "降级",
    "resolved": "解除",
    "corrected": "更正",
    "expired": "过期",
    "not_expected": "不再等待",
    "rule_removed": "规则已删除",
}
_MODES: dict[Mode, str] = {"live": "生效", "shadow": "影子", "disabled": "停用"}


def severity_word(severity: Severity) -> str:
    """Return what a severity is called."""
    return say(en=severity, zh=_SEVERITIES[severity])


def transition_word(transition: Transition) -> str:
    """Return what a transition is called."""
    return say(en=transition, zh=_TRANSITIONS[transition])


def mode_word(mode: Mode) -> str:
    """Return what a mode is called."""
    return say(en=mode, zh=_MODES[mode])
