"""The tests: `from tests.<module> import …` gives what they share."""
