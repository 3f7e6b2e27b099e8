"""Explanations: what the engine made of a rule, an alert, an event; read from the engine, never computed beside it."""
