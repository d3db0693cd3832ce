"""Asking a model: where it is, what it is sent, and what its answer means."""
