"""The contract everyone shares: schemas, blocks, batches, alerts."""
