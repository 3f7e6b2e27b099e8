"""Geometry: points, areas and distances, on a ground plane and on the earth."""
