"""What calls mean: a file for each family of functions, each function from a call to a checked tree."""
