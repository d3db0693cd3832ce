"""What is known of the results of calls: of tools, schemas, the program's own functions and Python's."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from a1.compiler.verify.facts import builtin
from a1.compiler.verify.facts.annotated import annotated
from a1.compiler.verify.facts.expressions import Expressions
from a1.compiler.verify.facts.mutation import MUTATORS, mutated
from a1.compiler.verify.facts.state import State, path_of
from a1.compiler.verify.facts.value import MUTABLE, SIZED, UNKNOWN, Value, collection, joined, of_type
from a1.compiler.verify.source import Function
from a1.declaration import STR, Type


class Calls(Expressions):
    """Evaluates calls, beside all other expressions."""

    def _call(self, node: ast.Call, state: State) -> Value:
        found = self._called(node, state)
        if any("(" in path for path in state.roots) and (known := state.env.get(f"({ast.unparse(node)})")) is not None:
            return known
        return found

    def _called(self, node: ast.Call, state: State) -> Value:
        function = node.func
        base = self.eval(function.value, state) if isinstance(function, ast.Attribute) else UNKNOWN
        args = [self._argument(each, node, state) for each in node.args]
        keywords = {each.arg: self._argument(each.value, node, state) for each in node.keywords if each.arg}
        for each in node.keywords:
            if each.arg is None:
                self.eval(each.value, state)
        path = (path_of(node.args[0]) or ("", None))[0] if node.args else ""
        match function:
            case ast.Name(id=name) if name in self.tools:
                return self._started(node, self._result(name, node, keywords, args), state)
            case ast.Name(id=name) if name in self.own and name not in state.env:
                return self._helper(node, self.own[name], state)
            case ast.Name(id=name) if (self.spec.model(name) or self.spec.enum(name)) and name not in self.source.bound:
                for value in (*node.args, *(each.value for each in node.keywords)):
                    self.escape(value, state)
                kind: Any = "model" if self.spec.model(name) else "enum"
                if kind == "enum":
                    return of_type(Type(kind=kind, name=name), self.spec)
                return Value(type=Type(kind=kind, name=name), site=node)
            case ast.Name(id=name) if name not in self.source.bound or name in self.imported:
                found = builtin.function(self.imported.get(name, name), args, keywords, path)
                fresh = found.kind in MUTABLE and found.site is None
                return replace(found, site=node) if fresh else found
            case ast.Attribute(value=ast.Name(id="asyncio"), attr="gather"):
                return self._gather(node, args, state)
            case ast.Attribute(value=ast.Name(id=module), attr=attr) if module not in state.env:
                return builtin.function(f"{module}.{attr}", args, keywords, path)
            case ast.Attribute(value=owner, attr=attr):
                return self._method(node, owner, base, attr, args, keywords, state)
            case _:
                self.eval(function, state)
                for value in node.args:
                    self.escape(value, state)
                return UNKNOWN

    def _argument(self, each: ast.expr, call: ast.Call, state: State) -> Value:
        if isinstance(each, ast.Lambda):
            first = next((self.at[a] for a in call.args if a in self.at and a is not each), None)
            over = self.value(call.args[0], state) if call.args and call.args[0] is not each else first
            if over is None and len(call.args) > 1:
                over = self.value(call.args[1], state)
            if isinstance(call.func, ast.Attribute):
                over = self.value(call.func.value, state)
            return self._lambda(each, state, [self.element(over)] if over is not None else ())
        return self.eval(each, state)

    def _started(self, node: ast.Call, result: Value, state: State) -> Value:
        if not self.quiet:
            state.done -= {node}
        return Value(work=True, item=result, site=node)

    def _result(self, name: str, node: ast.Call, keywords: dict[str, Value], args: list[Value]) -> Value:
        tool = self.tools[name]
        if tool.kind != "llm":
            return of_type(tool.returns, self.spec)
        if any(each.arg in ("tools", None) for each in node.keywords) or len(node.args) > 2:
            return UNKNOWN
        schema = next((each.value for each in node.keywords if each.arg == "output_schema"), None)
        schema = schema or (node.args[1] if len(node.args) > 1 else None)
        if schema is not None and not (isinstance(schema, ast.Constant) and schema.value is None):
            return of_type(annotated(schema, self.spec), self.spec) if not isinstance(schema, ast.Constant) else UNKNOWN
        if tool.returns.kind == "str":
            return Value(type=STR, reply=True)
        return of_type(tool.returns, self.spec)

    def _helper(self, node: ast.Call, function: Function, state: State) -> Value:
        for value in (*node.args, *(each.value for each in node.keywords)):
            self.escape(value.value if isinstance(value, ast.Starred) else value, state)
        result = of_type(annotated(function.returns, self.spec), self.spec, doubt=False)
        return self._started(node, result, state) if isinstance(function, ast.AsyncFunctionDef) else result

    def _gather(self, node: ast.Call, args: list[Value], state: State) -> Value:
        results, starred = [], False
        for each, value in zip(node.args, args, strict=True):
            self._run(each, value.site if value.work else None, state)
            starred = starred or isinstance(each, ast.Starred)
            results.append((value.item if value.work else None) or UNKNOWN)
        item = joined(results)
        if starred:
            only = args[0] if len(args) == 1 else UNKNOWN
            sized = only.kind in SIZED
            whole = collection(
                "list", item, short=only.short, long=only.long if sized else None, empty=sized and only.empty
            )
        else:
            parts = tuple(results)
            whole = collection("list", item, short=len(parts), long=len(parts), parts=parts)
        if not self.quiet:
            state.done -= {node}
        return Value(work=True, item=whole, site=node)

    def _method(
        self,
        node: ast.Call,
        owner: ast.expr,
        base: Value,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        state: State,
    ) -> Value:
        result = builtin.method(base, name, args, keywords, self.spec)
        if name in MUTATORS and base.kind not in ("str", "literal", "model"):
            self._changed(node, base)
            for each in node.args:
                self.escape(each, state)
            found = path_of(owner)
            if found is not None and not self.quiet:
                state.changed(found[0], replace(mutated(base, name, args), site=base.site))
        elif base.kind in ("any", "opaque"):
            for each in node.args:
                self.escape(each, state)
        return result
