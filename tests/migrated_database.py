"""A database with every migration run, kept between runs of the tests, of which each worker's own is a copy."""

import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from psycopg import Connection, sql

PROJECT = Path(__file__).resolve().parent.parent
_PREFIX = "migrated_"
# Looking for garbage among all the models of all the migrations would take a third of the time.
_MIGRATE = """
import gc
gc.set_threshold(200_000, 50, 100)
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--no-input", "--verbosity", "0"])
"""


def copy_migrated_database() -> None:
    """Have the tests' database made as a copy; a migration that is not in the original is run on the copy as ever."""
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = make_migrated_database()


def make_migrated_database() -> str:
    """Make the original, unless it is there, and give its name.

    Whoever comes first makes it, under a lock of the server; those of earlier migrations are dropped.
    """
    name = f"{_PREFIX}{_fingerprint()}"
    with psycopg.connect(_address("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('migrated database'))")
        if name not in _originals(connection):
            _make(connection, name)
        for old in _originals(connection):
            if old != name:
                _drop(connection, old)
    return name


def _make(connection: Connection, name: str) -> None:
    # Named only when it is whole: who is stopped half-way leaves nothing that could be taken for it.
    unfinished = f"unfinished_{name}"
    _drop(connection, unfinished)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    subprocess.run(
        [sys.executable, "-c", _MIGRATE],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": _address(unfinished)},
        check=True,
    )
    renamed = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(renamed.format(sql.Identifier(unfinished), sql.Identifier(name)))


def _originals(connection: Connection) -> list[str]:
    found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
    return [name for (name,) in found]


def _drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _fingerprint() -> str:
    digest = hashlib.sha256(version("django").encode())
    for path in sorted([*PROJECT.glob("*/migrations/*.py"), PROJECT / "partnerships" / "tenancy.py"]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _address(name: str) -> str:
    parts = urlsplit(settings.DATABASE_URL)
    return f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"
