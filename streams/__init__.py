"""Time, shards, durability and runtimes."""
