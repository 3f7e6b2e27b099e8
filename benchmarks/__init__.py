"""What the engine costs, measured beside a plain Python loop that does the same work in the same run."""
