"""Machine-made wrong solutions: the reference with one operator, constant or condition changed.

The mutations are those of cosmic-ray (https://github.com/sixty-north/cosmic-ray), applied in process.
"""

from __future__ import annotations

import ast
import difflib
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.errors import GraderError
from grader.validation.specimens import Equivalent, Kind, Specimen

_NEEDING_ARGUMENTS = ("core/VariableReplacer", "core/VariableInserter")
_TO_IDENTITY = re.compile(r"core/ReplaceComparisonOperator_(?!Is)\w+_Is(Not)?")


@dataclass(frozen=True)
class Site:
    """One mutation that could be made.

    Attributes:
        module: of the reference.
        operator: cosmic-ray's name of it.
        occurrence: which of the places where it applies.
    """

    module: str
    operator: str
    occurrence: int


def mutants(reference: Mapping[str, bytes], count: int, *, seed: int = 0) -> tuple[Specimen, ...]:
    """Return mutants of a reference, in the order of its lines.

    Mutations that change annotations only, that give no valid Python or the same program twice, are left out; so is
    identity in place of another comparison, which says more of how Python keeps small numbers than of a suite.

    Args:
        reference: sources by module name.
        count: how many; all of them if there are fewer.
        seed: decides which.

    Raises:
        GraderError: cosmic-ray is not installed.
    """
    if count == 0:
        return ()
    sites = [site for module, source in reference.items() for site in _sites(module, source.decode("utf-8"))]
    random.Random(seed).shuffle(sites)
    seen = {module: {_program(source.decode("utf-8"))} for module, source in reference.items()}
    found: list[tuple[int, Specimen]] = []
    for site in sites:
        if len(found) == count:
            break
        original = reference[site.module].decode("utf-8")
        mutated = _mutated(original, site)
        program = _program(mutated)
        if program is None or program in seen[site.module]:
            continue
        seen[site.module].add(program)
        found.append(_specimen(site, original, mutated, reference))
    return tuple(specimen for _, specimen in sorted(found, key=lambda entry: (entry[0], entry[1].id)))


def equivalent_of(mutant: Specimen, equivalents: tuple[Equivalent, ...]) -> Equivalent | None:
    """Return the entry that declares a mutant equivalent to the reference, if there is one."""
    before, after = map(_squeezed, changed_lines(mutant.note))
    for entry in equivalents:
        if _squeezed(entry.line) == before and after in map(_squeezed, entry.becomes):
            return entry
    return None


def changed_lines(diff: str) -> tuple[str, str]:
    """Return what a diff removes and what it adds, each as one line without its indentation."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return before, after


def _squeezed(line: str) -> str:
    """A line without white space, of which mutations leave some."""
    return "".join(line.split())


def _specimen(site: Site, original: str, mutated: str, reference: Mapping[str, bytes]) -> tuple[int, Specimen]:
    before, after = original.splitlines(), mutated.splitlines()
    diff = "\n".join(difflib.unified_diff(before, after, f"{site.module}.py", "mutant", lineterm="", n=0))
    line = next(i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    name = f"{site.module}.py:{line + 1}:{site.operator.removeprefix('core/')}:{site.occurrence}"
    modules = dict(reference) | {site.module: mutated.encode()}
    return line, Specimen(Kind.MUTANT, name, modules, note=diff)


def _sites(module: str, source: str) -> Iterator[Site]:
    """All mutations of a source that cosmic-ray's operators know."""
    plugins, tree = _cosmic_ray("plugins"), _cosmic_ray("ast").get_ast(source)
    nodes = list(_nodes(tree))
    for name in sorted(plugins.operator_names()):
        if name in _NEEDING_ARGUMENTS or _TO_IDENTITY.fullmatch(name):
            continue
        operator = plugins.get_operator(name)()
        places = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        yield from (Site(module, name, occurrence) for occurrence in range(places))


def _nodes(node: Any) -> Iterator[Any]:
    """The nodes of cosmic-ray's tree, in the order in which it counts occurrences."""
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def _mutated(source: str, site: Site) -> str:
    operator = _cosmic_ray("plugins").get_operator(site.operator)()
    mutated = _cosmic_ray("mutating").mutate_code(source, operator, site.occurrence)
    return source if mutated is None else str(mutated)


def _cosmic_ray(part: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"cosmic_ray.{part}")
    except ImportError as error:
        raise GraderError(
            "mutants are made by cosmic-ray, which is not installed",
            cure="pip install 'takehome-grader[authors]', or go without with --mutants 0",
        ) from error


def _program(source: str) -> str | None:
    """What a source does, without annotations and docstrings; ``None`` if it is no valid Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    return ast.dump(_Bare().visit(tree))


class _Bare(ast.NodeTransformer):
    """Takes out what makes no difference when the program runs."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Pass(), node) if is_text else node
