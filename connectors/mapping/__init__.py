"""Mappings: declarations that turn a foreign feed into events of a kind, read as YAML."""

from connectors.mapping.declaration import load
from connectors.mapping.model import DeadLetter, Mapping
from connectors.mapping.source import MappedSource

__all__ = ["DeadLetter", "MappedSource", "Mapping", "load"]
