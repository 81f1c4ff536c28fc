"""Fixtures that every test may use: two partnerships, so that there is always a neighbour whose rows could leak."""

import gc
import os
from collections.abc import Callable, Iterator
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from partnership_portal import environment
from partnership_portal.celery import app
from partnerships.models import Partnership, Person
from partnerships.tenancy import acting_in
from tests.browser import browser, open_browser
from tests.factories import make_login, make_partnership
from tests.migrated_database import copy_migrated_database, make_migrated_database

__all__ = ["browser", "open_browser"]

pytest_plugins = ["tests.pages_looked_at"]


# How long an example takes says how busy the machine is, not whether the rule holds.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin with the migrations while the workers still look for tests."""
    option = session.config.option
    if getattr(option, "numprocesses", None) and not option.collectonly:
        Thread(target=make_migrated_database).start()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for what can be thrown away more seldom, and not among what is there for good: a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix) -> None:
    """Run the migrations once for all workers and runs, not once for each."""
    copy_migrated_database()


@pytest.fixture(autouse=True, scope="session")
def _tasks_run_at_once() -> None:
    """Run tasks where they are queued. Celery reads Django's settings once, so that a test's own come too late."""
    app.conf.task_always_eager = True


@pytest.fixture(autouse=True)
def _in_its_own_place(settings, tmp_path) -> Iterator[None]:
    """Keep files and cache of one test away from the next."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.DEMO_MAILBOX_DIR = tmp_path / "mailbox"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": _own_redis(settings.REDIS_URL)}}
    # What a test queues at night must not wait for the morning; tests of quiet hours say so.
    settings.PORTAL_QUIET_HOURS = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield
    cache.clear()


def _own_redis(url: str) -> str:
    """The worker's own database of the Redis server: clearing one cache must not clear the other worker's."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    parts = urlsplit(environment.cache(url))
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


@pytest.fixture
def partnership(db) -> Iterator[Partnership]:
    """The partnership that the test acts in; its rows are visible throughout."""
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        yield partnership


@pytest.fixture
def neighbour(partnership) -> Partnership:
    """Another partnership; enter it with ``acting_in(neighbour)``."""
    return make_partnership("betashire")


@pytest.fixture
def sign_in(settings) -> Callable[[Person], Client]:
    """Give a browser in which a person is signed in."""

    def signed_in(person: Person) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = make_login(person.user)
        return client

    return signed_in
