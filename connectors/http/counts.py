"""What an ingest has seen, counted once a request: plain numbers that whoever watches reads."""

from bisect import bisect_left
from collections import Counter, defaultdict

# Seconds up to which durations are told apart.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Counts:
    """Counters of one ingest, written by its thread alone. They never go back."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()  # by method and class of status, such as 2xx
        self.durations = [0] * (len(BUCKETS_S) + 1)  # requests by bucket, not cumulated
        self.seconds = 0.0
        self.accepted: Counter[str] = Counter()  # events by feed
        self.bytes: Counter[str] = Counter()  # of their text, by feed
        self.rejected: defaultdict[str, Counter[str]] = defaultdict(Counter)  # lines by feed and reason
        self.errors: Counter[tuple[str, str]] = Counter()  # requests of a feed that were refused, by feed and code
        self.auth_failures: Counter[str] = Counter()  # by code

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests[method if method in _METHODS else "other", f"{status // 100}xx"] += 1
        self.durations[bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds += seconds


_METHODS = frozenset({"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"})
