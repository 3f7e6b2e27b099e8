"""Instants and durations, in ms."""

import numpy as np

NEVER = np.int64(2**63 - 1)  # the instant after all others
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS  # of a duration; a civil day may be longer or shorter
