"""The desk: what happens to an alert after it has been raised, by people's clock."""
