"""Metrics and health of an engine process, for who operates it."""
