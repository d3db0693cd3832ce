"""From a specification to an accepted program: generate, verify, cost, select."""
