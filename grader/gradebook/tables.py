"""Our own tables, beside nbgrader's in one database: who is who, what was handed in, and each person's own marks.

nbgrader holds one score and one comment for each cell, and no word of who gave them or for which text.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table, Text

VERSION = 1
"""Of these tables."""

METADATA = MetaData()

BOOK = Table(
    "grader_book",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("writes", Integer, nullable=False),
)
"""One row. Who writes counts it up first, so that writers wait for each other, whatever database it is."""

CANDIDATE = Table(
    "grader_candidate",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
)
"""The one place where a candidate's name stands; everything else knows the id alone."""

SUBMISSION = Table(
    "grader_submission",
    METADATA,
    Column("notebook_id", String(32), primary_key=True),
    Column("submission_sha256", String(64), nullable=False),
    Column("added", String(40), nullable=False),
)
"""One row for each candidate and assignment: what was handed in, by nbgrader's submitted notebook."""

CELL = Table(
    "grader_cell",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("notebook_id", String(32), nullable=False, index=True),
    Column("name", String(128), nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("points", Float, nullable=False),
    Column("stamp", String(64), nullable=False),
    Column("is_written", Boolean, nullable=False),
    Column("is_answered", Boolean, nullable=False),
)
"""One row for each grade of nbgrader's that the report speaks of; ``place`` is its place in the notebook.

``stamp`` is a digest over a question's points and the answer's text: a mark counts for what it was given for. For a
criterion it is empty.
"""

MARK = Table(
    "grader_mark",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("marker", String(64), primary_key=True),
    Column("score", Float, nullable=False),
    Column("stamp", String(64), nullable=False),
    Column("at", String(40), nullable=False),
)
"""What one person gave for one answer."""

COMMENT = Table(
    "grader_comment",
    METADATA,
    Column("comment_id", String(32), primary_key=True),
    Column("marker", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", String(40), nullable=False),
)
"""What one person said of one answer or criterion, by nbgrader's comment."""

INDEXES = {
    "grader_grade_notebook": ("grade", "notebook_id"),
    "grader_comment_notebook": ("comment", "notebook_id"),
    "grader_submitted_notebook_assignment": ("submitted_notebook", "assignment_id"),
    "grader_submitted_assignment_student": ("submitted_assignment", "student_id"),
}
"""Indexes on nbgrader's tables, which it looks things up by and does not have: table and column by name."""
