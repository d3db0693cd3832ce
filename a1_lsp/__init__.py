"""The language server of A1: reads agent files as text, executes nothing, never calls a model."""
