"""Event time: watermarks, what is late, and the order in which rules see events."""
