"""Durable logs: append-only segment files of frames."""
