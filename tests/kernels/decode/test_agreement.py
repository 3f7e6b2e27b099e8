"""What kernels and events both know is the same: reasons, lanes, limits, types."""

from events import batch, block
from events.schema import TYPES
from kernels.decode import fields, reasons


def test_the_reasons_of_kernels_are_those_of_events() -> None:
    assert [getattr(reasons, name.upper()) for name in batch.REASONS] == list(range(len(batch.REASONS)))


def test_the_lanes_and_limits_of_kernels_are_those_of_events() -> None:
    for name in ("TIME", "KIND", "POSITION", "ID", "DEVICE", "REPLAYED"):
        assert getattr(fields, f"{name}_LANE") == getattr(batch, name)
    assert (fields.SLICE_BITS, fields.LINE_MAX, fields.ID_MAX) == (batch.SLICE_BITS, batch.LINE_MAX, batch.ID_MAX)
    assert fields.OLDEST_MS == block.OLDEST_MS


def test_the_types_of_kernels_are_those_of_schemas() -> None:
    for name in ("time", "number", "flag", "enum", "text"):
        assert getattr(fields, f"{name.upper()}_TYPE") == TYPES.index(name)  # type: ignore[arg-type]
