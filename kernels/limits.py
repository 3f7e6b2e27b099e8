"""Limits that hold in state and in what people read of it."""

EVIDENCE_MAX = 20  # events that an alert shows
