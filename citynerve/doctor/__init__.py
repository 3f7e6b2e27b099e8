"""What is wrong with an engine, its configuration or its machine, and what to do: each check is one function."""
