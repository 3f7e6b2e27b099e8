"""Tokens, key tables and membership."""
