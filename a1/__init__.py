"""Agents as plain Python, compiled. Importing this package loads nothing: each public name loads on first use."""

__all__: list[str] = []
