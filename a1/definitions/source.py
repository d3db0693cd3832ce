"""The text of a Python file, its syntax tree and the spans of its nodes."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from pathlib import Path

from a1.span import LineIndex, Span


def read(path: str | Path) -> str:
    """Return the text of a Python file with the line ends that it has, decoded as PEP 263 says.

    Raises `OSError`, and `SyntaxError` with a line for bytes that are not of the encoding or an unknown encoding.
    """
    data = Path(path).read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        # `start` counts from the end of a byte order mark, which holds no line end.
        line = error.object[: error.start].count(b"\n") + 1
        raise SyntaxError(f"not valid {error.encoding}: {error.reason}", (str(path), line, 1, None)) from error
    except SyntaxError as error:
        raise SyntaxError(error.msg, (str(path), 1, 1, None)) from error


def parse(text: str, path: str = "<text>") -> ast.Module:
    """Return the tree of a file, which may await at the top level; raise `SyntaxError` as the compiler would."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    null = text.find("\0")
    if null >= 0:  # Python 3.11 says this without a place.
        line, column = LineIndex(text).position(null)
        raise SyntaxError("source code cannot contain null bytes", (path, line + 1, column + 1, None))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of the user's text, and once for each time that it is parsed.
        return _parsed(text, path, flags)


def span_of(index: LineIndex, node: ast.expr | ast.stmt | ast.alias) -> Span:
    """Return the range of a node in code points."""
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None and end_column is not None, "nodes of parsed text have ends"
    start = index.offset(node.lineno - 1, node.col_offset, "utf-8")
    return Span(start, index.offset(end_line - 1, end_column, "utf-8"))


def first_line(index: LineIndex, node: ast.expr | ast.stmt) -> Span:
    """Return the part of a node's range that is on its first line: enough to mark a whole block."""
    span = span_of(index, node)
    row = index.line_span(node.lineno - 1)
    return Span(span.start, min(span.end, row.end))


def _parsed(text: str, path: str, flags: int) -> ast.Module:
    try:
        # What only the compiler finds, such as a `return` at the top level, is found here, not after a rewrite.
        compile(text, path, "exec", flags, dont_inherit=True)
        tree = compile(text, path, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    except (RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "too deeply nested", (path, 1, 1, None)) from error
    assert isinstance(tree, ast.Module)
    return tree
