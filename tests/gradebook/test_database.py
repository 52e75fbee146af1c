"""The database of a gradebook is there whole or not at all, and what will not do is told."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import nbgrader.api as api
import pytest
from sqlalchemy import create_engine, inspect, text

from grader.errors import ExitCode
from grader.gradebook import database
from grader.gradebook.book import Book
from grader.gradebook.database import BookError, address, alembic_head
from grader.gradebook.tables import METADATA


def tables_of(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_the_version_of_the_tables_is_the_one_that_nbgrader_would_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert alembic_head() == api.get_alembic_version()


def test_a_new_gradebook_needs_no_program_on_the_path(
    tmp_path: Path, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with Book(tmp_path / "course", url) as book:
        names = tables_of(book.url)
        found = book.gradebook.db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert names >= {*api.Base.metadata.tables, *METADATA.tables, "alembic_version"}
    assert found == alembic_head()


def test_opening_again_finds_what_was_written(tmp_path: Path, url: str | None) -> None:
    with Book(tmp_path / "course", url) as book:
        ada = book.candidate("ada")
    with Book(tmp_path / "course", url) as book:
        assert book.candidate("ada") == ada
        assert book.candidate("bob").id != ada.id


def test_what_stops_the_first_run_leaves_nothing_behind(
    tmp_path: Path, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(database, "alembic_head", stop)
        with pytest.raises(KeyboardInterrupt):
            Book(tmp_path / "course", url)
    assert list((tmp_path / "course").iterdir()) == []
    assert url is None or tables_of(str(address(tmp_path, url).render_as_string(False))) == set()
    with Book(tmp_path / "course", url) as book:
        assert book.candidate("ada").name == "ada"


def test_a_file_that_another_process_made_meanwhile_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = tmp_path / "course"
    made = []
    real = database.alembic_head

    def late() -> str:
        if not made:
            made.append(True)
            with Book(course) as first:
                made.append(first.candidate("ada"))
        return real()

    monkeypatch.setattr(database, "alembic_head", late)
    with Book(course) as second:
        assert second.candidate("ada") == made[1]


def test_what_nbgrader_left_half_made_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    engine = create_engine(f"sqlite:///{path}")
    api.Base.metadata.create_all(engine)
    engine.dispose()
    before = path.read_bytes()
    with pytest.raises(BookError, match="half-made") as caught:
        Book(tmp_path)
    assert "remove the file" in caught.value.cure
    assert path.read_bytes() == before


def test_tables_of_another_version_are_refused(tmp_path: Path, url: str | None) -> None:
    with Book(tmp_path / "course", url) as book, book.writing() as session:
        session.execute(text("UPDATE grader_book SET version = 99"))
    with pytest.raises(BookError, match="version 1, but has 99"):
        Book(tmp_path / "course", url)


def test_an_older_nbgrader_is_told_how_to_go_on(tmp_path: Path) -> None:
    with Book(tmp_path) as book, book.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '50a4d84c131a'"))
    with pytest.raises(BookError, match="but has 50a4d84c131a") as caught:
        Book(tmp_path)
    assert "nbgrader db upgrade" in caught.value.cure


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://root:secret@host/marks", "but is mysql"),
        ("sqlite://", "in memory"),
        ("postgresql://eve:secret@127.0.0.1:1/marks", "cannot be opened"),
        ("postgresql+psycopg2://eve:secret@127.0.0.1:1/marks", "cannot be opened"),
        ("postgresql://eve:secret@127.0.0.1:nonsense/marks", "cannot be read"),
    ],
)
def test_an_address_that_will_not_do_is_told_without_its_password(tmp_path: Path, url: str, why: str) -> None:
    with pytest.raises(BookError, match=why) as caught:
        Book(tmp_path, url)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "secret" not in f"{caught.value} {caught.value.cure}"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text("these are no marks " * 100)
    with pytest.raises(BookError, match="cannot be opened"):
        Book(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BookError, match="cannot be made"):
        Book(tmp_path / "file" / "course")


def test_readers_of_a_file_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    with Book(tmp_path) as book, book.writing():
        other = sqlite3.connect(tmp_path / "gradebook.db", timeout=0)
        assert other.execute("SELECT writes FROM grader_book").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE grader_book SET writes = 5")
        other.close()
