"""What the image is made of and how it is named."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from grader.errors import SandboxError
from grader.sandbox.image import ensure, recipe


def test_the_recipe_holds_the_dockerfile_and_the_worker_alone() -> None:
    names = set(recipe().files)
    assert {"Dockerfile", "grader/__init__.py", "grader/worker/zygote.py", "grader/worker/values.py"} <= names
    assert all(name == "Dockerfile" or name.startswith(("grader/__init__", "grader/worker/")) for name in names)
    assert recipe().files["grader/__init__.py"] == b""


def test_the_same_recipe_has_the_same_name_and_any_change_another() -> None:
    first = recipe()
    assert first.tag == recipe().tag
    changed = replace(first, files=first.files | {"grader/worker/zygote.py": b"# changed"})
    other_base = recipe("python:3.12-slim")
    assert len({first.tag, changed.tag, other_base.tag}) == 3


def test_the_context_holds_each_file_once() -> None:
    with tarfile.open(fileobj=recipe().context()) as archive:
        assert sorted(archive.getnames()) == sorted(recipe().files)


class BrokenEngine:
    """An engine that has no image and whose build fails."""

    def inspect_image(self, tag: str) -> dict[str, str]:
        import docker.errors

        raise docker.errors.ImageNotFound("no such image")

    def networks(self, names: list[str]) -> list[str]:
        return []

    def build(self, **options: object) -> Iterator[dict[str, str]]:
        assert options["network_mode"] == "host"
        yield {"stream": "Step 1/9 : FROM nowhere"}
        yield {"stream": "Collecting numpy"}
        yield {"error": "pull access denied"}


def test_a_build_that_fails_says_why_and_what_to_do() -> None:
    told: list[str] = []
    with pytest.raises(SandboxError, match="pull access denied") as caught:
        ensure(BrokenEngine(), recipe("nowhere"), told.append)
    assert "Collecting numpy" in str(caught.value)
    assert "nowhere" in caught.value.cure
    assert told[-1].startswith("Step 1/9")
