"""How much learning asks for and keeps, apart from what learns: a command says it before it loads kernels."""

PASSAGES_MIN = 30  # of a pair of devices and time of day, or else of the pair
PAIRS_MAX = 1 << 18  # counted at a time, 1.5 kB each; a city with 320 cameras has 24 a camera
