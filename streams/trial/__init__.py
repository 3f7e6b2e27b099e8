"""Reading the log again to try rules: rule tests."""
