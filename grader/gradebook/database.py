"""The database behind a gradebook: where it is, and how it is made without ever being there half.

nbgrader makes its tables in one transaction, runs ``alembic`` as a program to learn their version, and notes it in
another: what stops in between leaves a database that nbgrader takes for whole. Here all is one transaction, the
version is asked of alembic in this process, and a file of SQLite is moved to its place when it is complete.
"""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path

import nbgrader.api as api
from alembic.script import ScriptDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from grader.errors import ExitCode, GraderError
from grader.gradebook.packages import check_packages
from grader.gradebook.tables import BOOK, INDEXES, METADATA, VERSION

FILE = "gradebook.db"
COURSE = "default_course"
"""nbgrader's own default."""

WAIT_SECONDS = 60
"""How long one writer of a SQLite file waits for another."""

_LOCK = 0x67726164
"""Of PostgreSQL's advisory locks, the one that whoever makes the tables holds."""

_URL_CURE = "give an URL such as sqlite:///marks/gradebook.db or postgresql://user@host/database"


class BookError(GraderError):
    """A gradebook cannot be opened, or what should be written to it does not fit."""

    exit_code = ExitCode.USAGE


class BookFaultError(BookError):
    """A gradebook could not be written to, through no fault of what was to be written."""

    exit_code = ExitCode.FAULT


def address(course: Path, url: str | None) -> URL:
    """Return the address of a gradebook's database.

    Args:
        course: folder of the gradebook, which holds the database where none is named.
        url: that was named, as SQLAlchemy writes them; ``postgresql://`` is taken with psycopg 3.

    Raises:
        BookError: it is none.
        MarkingPackageError: psycopg is missing.
    """
    if url is None:
        return _patient(URL.create("sqlite", database=str((course / FILE).resolve())))
    try:
        made = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BookError("the URL of the database cannot be read", cure=_URL_CURE) from error
    kind = made.get_backend_name()
    if kind in ("postgresql", "postgres"):
        check_packages("psycopg")
        return made.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise BookError(f"the database should be SQLite or PostgreSQL, but is {kind}", cure=_URL_CURE)
    if made.database in (None, "", ":memory:"):
        raise BookError("a database in memory would be lost at once; it should be a file", cure=_URL_CURE)
    return _patient(made.set(drivername="sqlite", database=str(Path(str(made.database)).resolve())))


def prepare(url: URL) -> None:
    """Make the database, or see that the one that is there will do and holds all our tables.

    Args:
        url: as ``address`` returns it.

    Raises:
        BookError: it cannot be opened or made, or is not ours, half-made, or of another version.
    """
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        _make_file(url)
        return
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            _complete(connection, url)
    except DBAPIError as error:
        raise BookError(
            f"the gradebook {shown(url)} cannot be opened: {reason_of(error)}",
            cure="see that the file is a gradebook and may be written to"
            if engine.dialect.name == "sqlite"
            else "see that the server runs, and that the database is there and may be written to",
        ) from error
    finally:
        engine.dispose()


def shown(url: URL) -> str:
    """Return an address for people: a file's path, or an URL without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def reason_of(error: DBAPIError) -> str:
    """Return what a database says of an error, without the statement and its values."""
    return " ".join(str(error.orig).split())


@functools.cache
def alembic_head() -> str:
    """Return the version of nbgrader's tables, as nbgrader itself would note it."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


def _patient(url: URL) -> URL:
    return url.update_query_dict({"timeout": str(WAIT_SECONDS)})


def _make_file(url: URL) -> None:
    """Make a file of SQLite beside its place and move it there; whoever comes second takes the first one's."""
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gradebook-") as folder:
            partial = Path(folder) / path.name
            engine = create_engine(url.set(database=str(partial)))
            try:
                with engine.connect() as connection:
                    # Readers and a writer do not wait for each other then.
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                with engine.begin() as connection:
                    _complete(connection, url)
            finally:
                engine.dispose()
            try:
                os.link(partial, path)
            except FileExistsError:
                return
    except (OSError, DBAPIError) as error:
        why = reason_of(error) if isinstance(error, DBAPIError) else error
        raise BookError(f"the gradebook {path} cannot be made: {why}", cure="choose another --course") from error


def _complete(connection: Connection, url: URL) -> None:
    """Make what tables are missing, in this one transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    names = set(inspect(connection).get_table_names())
    if not names & set(api.Base.metadata.tables):
        api.Base.metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": alembic_head()})
        connection.execute(insert(api.Course.__table__), {"id": COURSE})
    else:
        _check_nbgrader(connection, names, url)
    METADATA.create_all(connection)
    version = connection.scalar(select(BOOK.c.version))
    if version is None:
        for name, (table, column) in INDEXES.items():
            connection.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})"))
        connection.execute(insert(BOOK), {"version": VERSION, "writes": 0})
    elif version != VERSION:
        raise BookError(
            f"the gradebook {shown(url)} should have tables of version {VERSION}, but has {version}",
            cure="use the grader that made it, or a newer one",
        )


def _check_nbgrader(connection: Connection, names: set[str], url: URL) -> None:
    """See that nbgrader's tables are whole and of the version that is installed."""
    found = connection.scalar(text("SELECT version_num FROM alembic_version")) if "alembic_version" in names else None
    if found is None or not set(api.Base.metadata.tables) <= names:
        raise BookError(
            f"the database {shown(url)} is half-made: some of nbgrader's tables are there, and not all",
            cure="if there are no marks in it, remove the file or drop the database, and run the same again",
        )
    if found != alembic_head():
        raise BookError(
            f"the database {shown(url)} should have nbgrader's tables of version {alembic_head()}, but has {found}",
            cure="make a copy of it, then run: nbgrader db upgrade",
        )
