"""Events that are posted over HTTP."""
