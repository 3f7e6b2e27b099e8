"""What the patterns mean: one file each, under the name that its kernel has."""
