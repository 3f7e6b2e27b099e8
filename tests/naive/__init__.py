"""The slow twins: obviously right Python over lists and dicts, which production is compared with."""
