"""What patterns do in a shard: one file each, under the name that its kernel and its meaning have."""
