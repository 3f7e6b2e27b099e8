"""Bytes to columns: a strict walk over JSON lines, guided by schemas, that learns how a feed spells them."""
