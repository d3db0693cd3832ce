"""The sandbox in which generated programs run: their own processes, no access to the world but through tools."""

from a1.sandbox.limits import Call, Limits, TypeFinding
from a1.sandbox.modules import SUPPORTED_MODULES
from a1.sandbox.sandbox import Sandbox, Session
from a1.sandbox.values import Crossing, Scope

__all__ = ["SUPPORTED_MODULES", "Call", "Crossing", "Limits", "Sandbox", "Scope", "Session", "TypeFinding"]
