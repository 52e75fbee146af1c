"""Integrity findings: evidence for a person that a submission reached for what its task does not need.

From the syntax tree and from what the worker observed. Never points: honest code may well do some of this.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from grader.models import Finding
from grader.syntax import tree_of

ALLOWED_PACKAGES = frozenset(
    [
        *("__future__", "abc", "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses"),
        *("decimal", "enum", "fractions", "functools", "heapq", "itertools", "logging", "math", "numbers", "numpy"),
        *("operator", "random", "re", "statistics", "string", "textwrap", "time", "types", "typing"),
        *("typing_extensions", "warnings"),
    ]
)
"""What solving a task may import. The rest is reported, not refused."""

_CALLS = {
    "exec": "runs code from data",
    "eval": "runs code from data",
    "compile": "makes code from data",
    "__import__": "imports by name",
    "open": "opens a file",
    "globals": "looks at its own namespace",
    "vars": "looks at a namespace",
    "breakpoint": "stops in a debugger",
    "input": "reads from standard input",
}
_ATTRIBUTES = {
    "_getframe": "walks the call stack",
    "_current_frames": "walks the call stack",
    "f_back": "walks the call stack",
    "f_locals": "reads another function's variables",
    "f_globals": "reads another module's variables",
    "tb_frame": "walks the call stack",
    "gi_frame": "walks the call stack",
    "__subclasses__": "searches all classes of the interpreter",
    "__globals__": "reads another function's variables",
    "__builtins__": "changes or reads built-in names",
    "__code__": "looks into compiled code",
    "modules": "looks at what is imported",
    "meta_path": "changes how modules are imported",
    "settrace": "watches execution",
    "setprofile": "watches execution",
    "tofile": "writes a file",
    "fromfile": "reads a file",
    "loadtxt": "reads a file",
    "memmap": "opens a file",
}
_OWNERS_OF_MODULES = frozenset(["sys"])
_SPECIAL_METHODS = frozenset(["__eq__", "__ne__", "__array__", "__array_ufunc__", "__array_function__", "__del__"])
_FINDINGS_LIMIT = 60

_OBSERVED = {
    "open": "file-access",
    "import": "import",
    "exec": "dynamic-code",
    "code.__new__": "dynamic-code",
    "sys._getframe": "frames",
    "sys._current_frames": "frames",
}
_OBSERVED_PREFIXES = {
    "subprocess.": "subprocess",
    "os.": "operating-system",
    "socket.": "network",
    "ctypes.": "ctypes",
    "gc.": "gc",
    "sys.": "interpreter",
}


def findings(modules: Mapping[str, bytes], observed: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return all evidence, in the order of modules and lines, each once.

    Args:
        modules: sources by module name.
        observed: what worker and examiner saw.
    """
    static = [finding for name, source in sorted(modules.items()) for finding in _from_syntax(name, source, modules)]
    dynamic = [finding for finding in map(_classified, observed) if _is_telling(finding, modules)]
    ordered = sorted(dict.fromkeys([*static, *dynamic]), key=lambda f: (f.module, f.line, f.kind, f.detail))
    return tuple(ordered[:_FINDINGS_LIMIT])


def _from_syntax(name: str, source: bytes, modules: Mapping[str, bytes]) -> Iterator[Finding]:
    tree = tree_of(source)
    if tree is None:
        return  # the worker's own Python has the last word on what parses, and its report tells
    for node in ast.walk(tree):
        for kind, detail in _of_node(node, modules):
            yield Finding(kind, f"{name}.py", getattr(node, "lineno", 0), detail, "syntax")


def _of_node(node: ast.AST, modules: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from _imports([alias.name for alias in node.names], modules)
    elif isinstance(node, ast.ImportFrom):
        yield from _imports([node.module or "."], modules)
        yield from (("frames", f"imports {a.name}") for a in node.names if a.name in ("_getframe", "currentframe"))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield "call", f"{node.func.id}() {_CALLS[node.func.id]}"
    elif isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr != "modules" or owner in _OWNERS_OF_MODULES:
            yield "attribute", f".{node.attr} {_ATTRIBUTES[node.attr]}"
    elif isinstance(node, ast.FunctionDef) and node.name in _SPECIAL_METHODS:
        yield "special-method", f"{node.name} changes how results compare or convert"


def _imports(names: Iterable[str], modules: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name in names:
        root = name.partition(".")[0]
        if root not in ALLOWED_PACKAGES and root not in modules:
            yield "import", f"imports {name[:80]}"


def _classified(finding: Finding) -> Finding:
    """Give an audit event of the worker its kind and words."""
    if finding.seen_by != "worker":
        return finding
    event = finding.kind
    kind = _OBSERVED.get(event) or next((k for p, k in _OBSERVED_PREFIXES.items() if event.startswith(p)), "event")
    detail = f"{event} {finding.detail}".strip()
    return Finding(kind, finding.module, finding.line, detail, "worker")


def _is_telling(finding: Finding, modules: Mapping[str, bytes]) -> bool:
    """Imports of what is allowed are no evidence."""
    if finding.seen_by != "worker" or finding.kind != "import":
        return True
    root = finding.detail.removeprefix("import ").partition(".")[0]
    return root not in ALLOWED_PACKAGES and root not in modules
