"""Kafka: partitions read in whole chunks, no Python object a message."""
