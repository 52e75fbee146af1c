"""Imports the modules handed in from memory; no file of a submission is ever written."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import marshal
import sys
import types
from collections.abc import Sequence

FOLDER = "/submission/"
"""Where the modules seem to lie; their frames are known by it."""


class MemoryImporter(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads the named modules, before anything that is installed.

    Args:
        modules: sources by name.
        codes: marshalled code of those that were compiled already.
    """

    def __init__(self, modules: dict[str, bytes], codes: dict[str, bytes]) -> None:
        self.modules = modules
        self.codes = codes

    def install(self) -> None:
        """Become the first finder of this process."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.modules:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=f"{FOLDER}{fullname}.py")

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self.modules[fullname])

    def is_package(self, fullname: str) -> bool:
        return False

    def exec_module(self, module: types.ModuleType) -> None:
        name = module.__name__
        path = f"{FOLDER}{name}.py"
        module.__file__ = path
        if name in self.codes:
            code = marshal.loads(self.codes[name])
        else:
            code = compile(self.modules[name], path, "exec", dont_inherit=True)
        exec(code, module.__dict__)
