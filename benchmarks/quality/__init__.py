"""How good the scores are, on worlds whose truth is known: `python -m benchmarks.quality NAME`.

What makes a world imports nothing of what is tried on it, and detectors see events alone. Seeds that were tuned on are
never the ones that are printed.
"""
