"""Scores: what several events of a key say together, as numbers that rules compare."""
