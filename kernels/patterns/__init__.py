"""The stateful parts of rules: arrays of events and state in, matches out."""
