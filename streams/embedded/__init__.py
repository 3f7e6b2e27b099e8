"""One machine's engine: durable logs and shards in one process, nothing to install."""
