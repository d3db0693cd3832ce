"""The sandbox in which generated programs run: their own processes, no access to the world but through tools."""

from a1.program import TypeFinding
from a1.sandbox.limits import Call, Limits
from a1.sandbox.modules import SUPPORTED_MODULES
from a1.sandbox.sandbox import Sandbox, Session
from a1.sandbox.scope import Scope

__all__ = ["SUPPORTED_MODULES", "Call", "Limits", "Sandbox", "Scope", "Session", "TypeFinding"]
