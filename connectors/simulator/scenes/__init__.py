"""Scenes: planted incidents that must raise an alert, and near misses beside them that must not."""
