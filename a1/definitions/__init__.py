"""Agent files: which files define agents, and what a file defines.

`discover` looks only at the text. `load` executes a file of the user's own, but only what defines (see
`a1.definitions.transform` for the rule): opening or saving a file never runs an agent.
"""

from a1.definitions.discover import discover, workspace_root
from a1.definitions.load import Definition, Loaded, load

__all__ = ["Definition", "Loaded", "discover", "load", "workspace_root"]
