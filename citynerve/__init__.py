"""The composition root and the command line: what connects the rooms and what people type."""

__version__ = "0.1.0"
