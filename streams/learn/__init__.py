"""What is learned from history, in a batch, for shards to be given: they learn nothing that others would need too."""
