"""YAML to checked model to Plan. A plan is data only; nothing in this room runs it."""
