"""The embedded servers: the role they are used with, that nothing is lost, and that nothing is left."""

from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest
import redis

from scripts import services
from scripts.environment import Refusal


@pytest.fixture
def nothing_named(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def processes_of(directory):
    return [
        process.info["pid"]
        for process in psutil.process_iter(["pid", "cmdline"])
        if str(directory) in " ".join(process.info["cmdline"] or [])
    ]


def as_user(url, user, database=None):
    host = parse_qs(urlsplit(url).query)["host"][0]
    return f"postgresql:///{database or services.DATABASE}?host={host}&user={user}"


def test_from_first_start_to_last_stop(nothing_named, open_folder):
    directory = open_folder / "servers"
    with services.embedded(directory, durable=False) as first:
        services.check_database(first["DATABASE_URL"])
        services.check_redis(first["REDIS_URL"])
        with psycopg.connect(first["DATABASE_URL"], autocommit=True) as connection:
            role = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert role == (False, False, True)
            connection.execute("CREATE TABLE kept AS SELECT 'Ŵ' AS letter")

        # Somebody else comes and goes: the servers stay for the first.
        with services.embedded(directory, durable=False) as second:
            assert second == first
        assert redis.Redis.from_url(first["REDIS_URL"]).ping()

        with pytest.raises(Refusal, match="superuser or may bypass row-level security"):
            services.check_database(as_user(first["DATABASE_URL"], "postgres"))
        with pytest.raises(Refusal, match="does not exist"):
            services.check_database(as_user(first["DATABASE_URL"], "portal", "elsewhere"))
        with psycopg.connect(as_user(first["DATABASE_URL"], "postgres"), autocommit=True) as connection:
            connection.execute("CREATE ROLE bypasser LOGIN BYPASSRLS")
        with pytest.raises(Refusal, match="bypasser"):
            services.check_database(as_user(first["DATABASE_URL"], "bypasser"))
    assert processes_of(directory) == []

    # A power cut leaves a note whose number meanwhile belongs to another program.
    (directory / "postgres" / "postmaster.pid").write_text("1\n")
    with (
        services.embedded(directory, durable=False) as again,
        psycopg.connect(again["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT lower(letter) FROM kept").fetchone() == ("ŵ",)
    assert processes_of(directory) == []


def test_servers_of_ones_own_are_used(nothing_named, monkeypatch, open_folder):
    with services.embedded(open_folder / "theirs", durable=False) as theirs:
        for name, url in theirs.items():
            monkeypatch.setenv(name, url)
        with services.embedded(open_folder / "ours") as used:
            assert used == theirs
        assert processes_of(open_folder / "ours") == []
