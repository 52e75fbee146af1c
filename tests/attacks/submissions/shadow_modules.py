"""Puts a module of its own in the place of numpy, math and the worker's in sys.modules, and a finder first of all.

Honest result: all but the functions that rest on the false ones. Each test starts with the true ones.
"""

import sys
import types

EARNS = "all but test_column_means"
ATTEMPTED = "attempted: shadowed"


class Finder:
    def find_spec(self, name, path=None, target=None):
        print("attempted: shadowed import of", name)
        return None


def column_means(X):
    fake = types.ModuleType("numpy")
    fake.ndarray = fake.generic = type("Never", (), {})
    for name in ("numpy", "math", "msgpack", "grader.worker.values", "grader.worker.fork", "builtins"):
        sys.modules[name] = fake
    sys.meta_path.insert(0, Finder())
    sys.path_hooks.insert(0, lambda path: Finder())
    print("attempted: shadowed")
    return [0.0] * 4
