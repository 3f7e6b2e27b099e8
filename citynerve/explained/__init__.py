"""Explanations in words: for people in their language, for programs as one JSON document."""
