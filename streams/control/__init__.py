"""What changes how events are judged: rulesets, reference sets."""
