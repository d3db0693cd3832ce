"""The program defines one async function with the agent's name, its inputs and its output."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from a1.compiler.verify.source import Function, Source
from a1.compiler.verify.words import closest, did_you_mean, listed
from a1.diagnostic import Diagnostic, Fix, Related
from a1.span import Span
from a1.spec import AgentSpec


def find_entry(source: Source, spec: AgentSpec) -> ast.AsyncFunctionDef | None:
    """Return the program's entry function, None where there is none."""
    for node in source.tree.body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name == spec.function:
            return node
    return None


def entry(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    """Yield what keeps the entry function from being found and called, and calls at the top level."""
    if source.broken or not source.text.strip():
        return
    same = [node for node in source.tree.body if isinstance(node, Function) and node.name == spec.function]
    found = find_entry(source, spec)
    if found is None:
        yield _missing(source, spec, same)
    else:
        for again in same[1:]:
            yield Diagnostic(
                code="entry-signature",
                message=f"`{spec.function}` is defined twice",
                span=source.name_span(again),
                hint="define it once",
                related=(Related(message="the first definition", span=source.name_span(same[0])),),
            )
        yield from _parameters(source, spec, found)
        yield from _result(source, spec, found)
    yield from _top_level(source, spec)


def _missing(source: Source, spec: AgentSpec, same: list[Function]) -> Diagnostic:
    wanted = f"async def {spec.function}{spec.signature()}"
    if same:
        return Diagnostic(
            code="entry-signature",
            message=f"`{spec.function}` is not async",
            span=source.name_span(same[0]),
            hint=f"write `{wanted}`",
        )
    functions = [node for node in source.tree.body if isinstance(node, Function)]
    near = closest(spec.function, [node.name for node in functions])
    named = [node for node in functions if node.name == near] or (functions if len(functions) == 1 else [])
    span = source.name_span(named[0]) if named else Span(0, 0)
    return Diagnostic(
        code="entry-missing",
        message=f"there is no async function `{spec.function}`"
        + (f"; `{named[0].name}` is named otherwise" if named else ""),
        span=span,
        hint=f"write `{wanted}` at the top level",
        fixes=(Fix(title=f"Rename to `{spec.function}`", span=span, text=spec.function),) if named else (),
    )


def _parameters(source: Source, spec: AgentSpec, found: ast.AsyncFunctionDef) -> Iterator[Diagnostic]:
    arguments = found.args
    names = [each.arg for each in (*arguments.args, *arguments.kwonlyargs)]
    wanted = [each.name for each in spec.inputs]
    hint = f"write `async def {spec.function}{spec.signature()}`"
    place = source.name_span(found)
    for each in arguments.posonlyargs:
        message = f"`{each.arg}` is positional-only, but inputs are given by name"
        yield Diagnostic(code="entry-signature", message=message, span=source.span(each), hint=hint)
    missing = [
        name for name in wanted if name not in names and name not in [each.arg for each in arguments.posonlyargs]
    ]
    if arguments.kwarg:
        missing = []
    without_default = _required(arguments)
    for each in (*arguments.args, *arguments.kwonlyargs):
        if each.arg in wanted or each.arg not in without_default or spec.open_inputs:
            continue
        near = closest(each.arg, missing)
        if near:
            missing.remove(near)
        elif len(missing) == 1 and len(names) == len(wanted):
            near = missing.pop()
        message = f"`{each.arg}` is no input of the agent" + (f"; did you mean `{near}`?" if near else "")
        yield Diagnostic(code="entry-signature", message=message, span=source.span(each), hint=hint)
    if missing:
        word = "input" if len(missing) == 1 else "inputs"
        message = f"`{spec.function}` does not take the {word} {listed(missing)}"
        yield Diagnostic(code="entry-signature", message=message, span=place, hint=hint)


def _required(arguments: ast.arguments) -> set[str]:
    positional = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    keyword = [
        each for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    return {each.arg for each in (*positional, *keyword)}


def _result(source: Source, spec: AgentSpec, found: ast.AsyncFunctionDef) -> Iterator[Diagnostic]:
    if found.returns is None or spec.output.kind == "any":
        return
    given, wanted = canonical(found.returns), canonical(_expression(spec.output.source()))
    if "Any" in given or given == wanted or _loosely(given, wanted):
        return
    yield Diagnostic(
        code="entry-signature",
        message=f"the result is declared as `{source.code(found.returns)}`, not as `{spec.output.source()}`"
        + did_you_mean(source.code(found.returns), [spec.output.source()]),
        span=source.span(found.returns),
        hint=f"write `-> {spec.output.source()}`",
    )


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


_CAPITAL = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple", "FrozenSet": "frozenset", "Type": "type"}


def canonical(node: ast.expr) -> frozenset[str]:
    """Return an annotation as the set of its members, however it is written: `Optional[X]` and `X | None` are equal."""
    match node:
        case ast.Constant(value=None):
            return frozenset(["None"])
        case ast.Constant(value=str(text)):
            try:
                return canonical(_expression(text))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return frozenset([text])
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return canonical(left) | canonical(right)
        case ast.Attribute(value=ast.Name(id="typing" | "t" | "builtins"), attr=name) | ast.Name(id=name):
            return frozenset([_CAPITAL.get(name, name)])
        case ast.Subscript(value=value, slice=inner):
            head = min(canonical(value), default="")
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if head in ("Union", "Optional"):
                members = frozenset[str]().union(*map(canonical, parts))
                return members | {"None"} if head == "Optional" else members
            if head == "Literal":
                return frozenset(f"Literal[{ast.unparse(part)}]" for part in parts)
            return frozenset([f"{head}[{', '.join(' | '.join(sorted(canonical(part))) for part in parts)}]"])
        case _:
            return frozenset([ast.unparse(node)])


def _loosely(given: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether each member given is one that is wanted, or the plain type of one: `dict` of `dict[str, int]`."""

    def fits(member: str) -> bool:
        if (
            member in wanted
            or (member == "int" and "float" in wanted)
            or (member == "date" and "datetime.date" in wanted)
        ):
            return True
        literal = {"str": "Literal['", "int": "Literal["}.get(member)
        return any(each.startswith(f"{member}[") or (literal and each.startswith(literal)) for each in wanted)

    return all(map(fits, given))


def _top_level(source: Source, spec: AgentSpec) -> Iterator[Diagnostic]:
    for node in source.tree.body:
        runs = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))
        guard = isinstance(node, ast.If) and any(
            isinstance(inner, ast.Name) and inner.id == "__name__" for inner in ast.walk(node.test)
        )
        if runs or guard:
            yield Diagnostic(
                code="top-level-code",
                message="this runs before the agent does",
                span=source.first_line(node),
                hint=f"remove it: `{spec.function}` is called with the inputs",
            )
