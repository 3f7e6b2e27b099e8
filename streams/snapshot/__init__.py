"""Snapshots: all state of a shard together with the log positions it stands for."""
