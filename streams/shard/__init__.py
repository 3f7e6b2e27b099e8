"""The shard: all state of a slice of the keys, and a function of the log."""
