"""The manifest: what is written can be read, and nothing that stands in its place can do harm."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.manifest import MANIFEST_LIMIT, Manifest, read_manifest

MANIFEST = Manifest("Take-home", "1", "ada-7", "0.2.0", "3.12.1", "2.1.0", "2031-02-03T04:05:06Z", {"b.py": "b" * 64})

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(MANIFEST.as_json()) | fields).encode()


def test_what_is_written_is_read() -> None:
    assert read_manifest(MANIFEST.as_json().encode()) == MANIFEST


def test_the_order_of_the_files_does_not_show() -> None:
    one = replace(MANIFEST, files={"a.py": "a" * 64, "b.py": "b" * 64})
    other = replace(MANIFEST, files={"b.py": "b" * 64, "a.py": "a" * 64})
    assert one.as_json() == other.as_json()


def test_text_in_any_script_is_written_in_ascii_and_read_again() -> None:
    manifest = replace(MANIFEST, assessment="Прийом — 試験\u202e")
    assert manifest.as_json().isascii()
    assert read_manifest(manifest.as_json().encode()) == manifest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"\xff\xfe\x00",
        b"[]",
        b"[" * 60_000,
        b"1" * 10_000,
        changed(schema_version=2),
        changed(python=3),
        changed(numpy=None),
        changed(assessment="x" * 201),
        changed(files=[]),
        changed(files={"knn.py": "short"}),
        changed(files={"knn.py": 7}),
        changed(files={"x" * 201: "a" * 64}),
        changed(files={f"{n}.py": "a" * 64 for n in range(201)}),
        MANIFEST.as_json().encode() + b" " * MANIFEST_LIMIT,
    ],
)
def test_what_is_no_manifest_is_none(content: bytes) -> None:
    assert read_manifest(content) is None


def test_what_a_later_grader_adds_is_passed_over() -> None:
    assert read_manifest(changed(weather="fine")) == MANIFEST


@given(st.binary())
def test_any_bytes_are_a_manifest_or_none(content: bytes) -> None:
    assert read_manifest(content) is None


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(json.loads(MANIFEST.as_json()), JSON)))
def test_any_values_are_a_manifest_or_none(fields: dict[str, object]) -> None:
    read = read_manifest(changed(**fields))
    assert read is None or isinstance(read, Manifest)
