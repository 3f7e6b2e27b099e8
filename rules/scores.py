"""Scores: the kernels that `scores` may name, each one entry of a table: what it reads, what it says, what it costs.

A kernel is `kernels/scores/NAME.py`. Declarations, checks, names in expressions, pages and shards read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from events.schema import Text
from kernels.instants import DAY_MS, HOUR_MS
from rules.expression.typed import DECIMALS, SHARE

HOUR: Final = "hour()"  # the civil hour of an event


@dataclass(frozen=True, slots=True)
class Input:
    """A number that a kernel reads of each event: a field of it, with a point a column of a set, or `hour()`.

    A column is that of the row which the event finds, NaN where there is none, or no such set.
    """

    name: str
    unit: str | None = None

    @property
    def is_field(self) -> bool:
        """Whether its kind must have it."""
        return "." not in self.name and self.name != HOUR


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a declaration may set, within limits; the last words of its name are its unit."""

    default: float
    least: float
    most: float
    title: Text


@dataclass(frozen=True, slots=True)
class Output:
    """What rules may read of a score: a number with its unit, or one of `words`, of which the kernel says the place.

    Texts show so many `decimals` of it: an estimate is not known to the millimetre. `range` is between what it lies.
    """

    title: Text
    unit: str | None = None
    words: tuple[str, ...] = ()
    decimals: int = DECIMALS
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One kernel.

    `needs` are the inputs without which an event tells nothing: it is not given to the kernel. A key that had no event
    for more than `memory_ms` (or what the parameter of that name says) is to the kernel as if it were new. `key_bytes`
    is what a key takes, `event_ns` what an event costs. `network` names a set that the kernel reads as a whole, where
    it is declared: ways between devices (`streams/shard/network.py`); behind the inputs it is then given where among
    them the event's device is.
    """

    title: Text
    inputs: tuple[Input, ...]
    needs: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    outputs: Mapping[str, Output]
    capacity: int
    memory_ms: int | str
    key_bytes: int
    event_ns: float
    network: str | None = None


SCORES: Final[dict[str, Score]] = {
    "free_fall": Score(
        {
            "zh": "一条轨迹是否像下落的物体;每次下落只在证据足够的那个点给出一次",
            "en": "whether a track moves as a falling object; speaks once a fall, at the point that completes it",
        },
        inputs=(
            Input("x", "m"),
            Input("z", "m"),
            Input("facades.first_floor_m", "m"),
            Input("facades.storey_m", "m"),
        ),
        needs=("x", "z"),
        parameters={
            "gravity_ms2": Parameter(9.8, 1, 30, {"zh": "重力加速度", "en": "gravity"}),
            "noise_m": Parameter(
                0.02,
                0.001,
                1,
                {
                    "zh": "坐标噪声:像素噪声乘以每像素米数",
                    "en": "noise of a coordinate: pixels of it times metres a pixel",
                },
            ),
            "step_ms_min": Parameter(
                8,
                0,
                1000,
                {
                    "zh": "比这更近的两点视为同一帧",
                    "en": "points that come sooner after another are the same frame twice",
                },
            ),
            "step_ms_max": Parameter(
                400,
                10,
                10_000,
                {"zh": "中断超过这么久的轨迹重新拟合", "en": "a track that was out of sight for longer is fitted anew"},
            ),
            "points_min": Parameter(10, 4, 1000, {"zh": "至少多少个点", "en": "points at least"}),
            "span_ms_min": Parameter(360, 50, 5000, {"zh": "至少跨越多久", "en": "time that they span at least"}),
            "seen_m_min": Parameter(
                3, 0.5, 100, {"zh": "至少看到下落多少米", "en": "metres of the fall that must have been seen"}
            ),
            "acceleration_sd_max": Parameter(
                0.6,
                0.05,
                5,
                {"zh": "加速度的标准误差上限,m/s²", "en": "largest standard error of the acceleration, m/s²"},
            ),
            "confidence_min": Parameter(
                0.9, 0.5, 1, {"zh": "置信度低于此值则不给出", "en": "nothing is said below this confidence"}
            ),
        },
        outputs={
            "confidence": Output(
                {"zh": "是该类下落的概率,0..1", "en": "probability that it is such a fall, 0..1"}, range=SHARE.range
            ),
            "drop_m": Output(
                {"zh": "从估计的释放点到地面的高度", "en": "from where it was probably let go of down to the ground"},
                "m",
                decimals=1,
            ),
            "speed_ms": Output({"zh": "落地速度", "en": "speed at impact"}, "m/s", decimals=1),
            "origin_floor": Output(
                {
                    "zh": "估计的楼层;facades 没有该设备时缺失",
                    "en": "probable floor; missing without a row of `facades`",
                }
            ),
            "origin_floor_low": Output({"zh": "可能的最低楼层", "en": "lowest floor that it may be"}),
            "origin_floor_high": Output({"zh": "可能的最高楼层", "en": "highest floor that it may be"}),
            "release_m_low": Output(
                {"zh": "可能的最低释放高度", "en": "lowest height that it may have been let go of"}, "m", decimals=1
            ),
            "release_m_high": Output(
                {
                    "zh": "可能的最高释放高度;轻物缺失",
                    "en": "highest height that it may have been let go of; missing of a light object",
                },
                "m",
                decimals=1,
            ),
            "label_kind": Output({"zh": "重物或轻物", "en": "heavy or light object"}, words=("heavy", "light")),
            "acceleration_ms2": Output(
                {
                    "zh": "向下的加速度,m/s²;轻物缺失,以下两项也是",
                    "en": "downwards, m/s²; missing of a light object, as the next two",
                }
            ),
            "acceleration_sd_ms2": Output({"zh": "加速度的标准误差,m/s²", "en": "its standard error, m/s²"}),
            "energy": Output(
                {"zh": "获得的动能与失去的势能之比", "en": "kinetic energy gained over potential energy lost"}
            ),
            "seen_m": Output(
                {"zh": "看到了下落的多少米", "en": "metres of the fall that had been seen"}, "m", decimals=1
            ),
        },
        capacity=200_000,
        memory_ms=10_000,
        key_bytes=320,
        event_ns=45.0,
    ),
    "travel": Score(
        {
            "zh": "一个车牌是否出现在其车辆到不了的地方;与较早的读数矛盾时给出",
            "en": "whether a plate is seen where its vehicle cannot be; speaks where a sighting contradicts another",
        },
        inputs=(
            Input("lon", "deg"),
            Input("lat", "deg"),
            Input("devices.eps_s", "s"),
            Input("plate_confidence"),
        ),
        needs=(),
        parameters={
            "speed_kmh_max": Parameter(
                180, 60, 400, {"zh": "没有人开得比这更快", "en": "nobody is believed to drive faster"}
            ),
            "distance_m_min": Parameter(
                2000,
                0,
                100_000,
                {
                    "zh": "直线距离短于此则不作判断:位置与时钟没有那么准",
                    "en": "a shorter great circle says nothing: positions and clocks are not that exact",
                },
            ),
            "least_share": Parameter(
                0.6,
                0,
                1,
                {
                    "zh": "没有人用时少于学到的时间的这一比例",
                    "en": "share of a learned time that nobody is believed to take less than",
                },
            ),
            "least_s_min": Parameter(
                60, 0, 3600, {"zh": "学到的时间短于此则不作判断", "en": "a shorter learned time says nothing"}
            ),
            "straight_kmh": Parameter(
                60,
                10,
                400,
                {
                    "zh": "可能有一条没学到的直路,能开这么快",
                    "en": "there may be a way that was not learned, as straight and as quick as that",
                },
            ),
            "plate_confidence_min": Parameter(
                0.9,
                0,
                1,
                {"zh": "置信度低于此的读数不算", "en": "readings with less confidence do not count"},
            ),
            "window_h": Parameter(
                24, 1, 168, {"zh": "在多少小时内累计矛盾", "en": "hours within which contradictions add up"}
            ),
            "misreads": Parameter(
                0.01,
                0.000001,
                1,
                {
                    "zh": "其他车牌被误读成它,每个时间窗通常几次",
                    "en": "how often another plate is usually read as this one in a window",
                },
            ),
        },
        outputs={
            "confidence": Output(
                {"zh": "车牌在两辆车上的概率,0..1", "en": "probability that it is on two vehicles, 0..1"},
                range=SHARE.range,
            ),
            "contradictions": Output(
                {
                    "zh": "时间窗内互相矛盾的读数对数,最多 4",
                    "en": "pairs of sightings in the window that contradict each other, 4 at most",
                }
            ),
            "implied_kmh": Output(
                {"zh": "能解释最近一对的最低车速", "en": "least speed that explains the newest pair"},
                "km/h",
                decimals=0,
            ),
            "distance_m": Output({"zh": "其间的直线距离", "en": "great circle between them"}, "m", decimals=0),
            "elapsed_s": Output({"zh": "其间的时间", "en": "time between them"}, "s"),
            "least_s": Output({"zh": "这段路至少需要的时间", "en": "how long the way takes at least"}, "s"),
        },
        capacity=2_000_000,
        memory_ms=7 * 86_400_000,
        key_bytes=64,
        event_ns=60.0,
        network="travel_times",
    ),
    "visits": Score(
        {
            "zh": "一个假名(轨迹、车牌)来过几次、在几栋楼前、停留多久;不用人脸;每次出现都给出",
            "en": "how often, where and how long a pseudonym (track, plate) comes; no faces; speaks at each sight",
        },
        inputs=(Input("devices.building"), Input(HOUR)),
        needs=(),
        parameters={
            "within_ms": Parameter(
                86_400_000,
                3_600_000,
                259_200_000,
                {"zh": "只记这么久之内的事,更早的遗忘", "en": "what is older is forgotten"},
            ),
            "visit_gap_ms": Parameter(
                1_800_000,
                300_000,
                3_600_000,
                {
                    "zh": "这么久没看到,再出现算另一次到访",
                    "en": "out of sight for so long and back is another visit",
                },
            ),
            "stay_gap_ms": Parameter(
                300_000,
                10_000,
                300_000,
                {"zh": "这么久没看到,再出现算另一次停留", "en": "likewise another stay"},
            ),
            "night_h": Parameter(5, 0, 24, {"zh": "夜间为零时到这个钟点", "en": "night is from midnight to this hour"}),
        },
        outputs={
            "visits": Output(
                {
                    "zh": "期间内开始的到访次数,含本次;6 为 6 次或更多",
                    "en": "visits that began within the time, this one included; 6 are six or more",
                }
            ),
            "night_visits": Output({"zh": "其中触及夜间的次数", "en": "those of them that touched the night"}),
            "buildings": Output(
                {
                    "zh": "期间内在几栋楼前出现;4 为 4 栋或更多",
                    "en": "buildings at which it was seen within the time; 4 are four or more",
                }
            ),
            "dwell_s": Output({"zh": "本次停留已有多久", "en": "how long the present stay has lasted"}, "s"),
            "known_s": Output({"zh": "距其中第一次到访开始多久", "en": "since the first of these visits began"}, "s"),
        },
        capacity=200_000,
        memory_ms="within_ms",
        key_bytes=128,
        event_ns=30.0,
    ),
}

# The kernel that no event is scored by: at each sight of a key it says how long the silence that begins may last
# (`absence: {for: unusual}`). What it is told are keys of `rules.declaration_keys.SILENCE`
INACTIVITY: Final = "inactivity"
INACTIVITY_TITLE: Final[Text] = {
    "zh": "一个人多久没有动静才算反常;由 `for: unusual` 的缺席规则使用",
    "en": "after what silence somebody's is unusual for that person; absences with `for: unusual` go by it",
}
ALPHA: Final = Parameter(0.01, 1e-6, 0.999, {"zh": "生存概率", "en": "chance"})
CEILING_MS: Final = 48 * HOUR_MS
CEILING_MS_MAX: Final = 7 * DAY_MS
LEAST_MS: Final = HOUR_MS
LEAST_MS_MIN: Final = 1000
LEAST_MS_MAX: Final = DAY_MS
OF_SILENCE: Final[Mapping[str, Output]] = {
    "silence": Output(
        {
            "zh": "静默达到多久才算反常,停表的时间不计",
            "en": "how long the silence was when it was too long",
        },
        "ms",
    ),
    "survival": Output(
        {
            "zh": "此人静默这么久的概率,0..1;没有同意建立画像的人缺失",
            "en": "the person's chance of a silence that long, 0..1; missing of who has not consented to a profile",
        },
        range=SHARE.range,
    ),
    "alpha": Output({"zh": "与之比较的界限", "en": "the limit that it is compared with"}, range=SHARE.range),
}
