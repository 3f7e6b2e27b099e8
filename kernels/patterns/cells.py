"""What aggregates over a window are made of, as numbers that kernels read."""

# what a cell does with an event; the first is of no argument, the others skip null (NaN)
EVENTS, KNOWN, SUM, LEAST, GREATEST = range(5)
# what comes out: of one cell or of two; of the events or values that are told apart
CELL, MEAN, SPAN, PER_MINUTE, RECENT, DISTINCT, QUANTILE = range(7)
