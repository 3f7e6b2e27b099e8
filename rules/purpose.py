"""Why a rule may look: purposes, the law behind them, and which may read what is personal."""

from dataclasses import dataclass

from events.schema import Text


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose. `personal` tells whether its rules may read persons, plates and phones."""

    title: Text
    personal: bool
    legal_basis: str


PURPOSES: dict[str, Purpose] = {
    "public_safety": Purpose({"zh": "公共安全", "en": "public safety"}, True, "个人信息保护法第二十六条"),
    "fire_safety": Purpose({"zh": "消防安全", "en": "fire safety"}, True, "消防法"),
    "traffic_safety": Purpose({"zh": "交通安全", "en": "traffic safety"}, True, "道路交通安全法"),
    "traffic_flow": Purpose({"zh": "交通运行", "en": "traffic flow"}, False, "道路交通安全法"),
    "elder_care": Purpose({"zh": "助老关怀", "en": "care for elders"}, True, "个人同意"),
    "environment": Purpose({"zh": "环境治理", "en": "environment"}, False, "城市市容和环境卫生管理条例"),
    "governance": Purpose({"zh": "社会治理", "en": "governance"}, True, "职权履行"),
    "operations": Purpose({"zh": "系统运维", "en": "operations"}, False, "网络安全法"),
}
OPEN_DEFAULT = "operations"  # of a rule that reads nothing personal and names no purpose
PERSONAL_DEFAULT = "public_safety"  # likewise of one that does; W330 asks for a better one
