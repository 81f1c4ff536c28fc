"""Tells the machinery around the portal whether it lives and whether it can work."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from partnerships.permissions import anyone

_has_migrated = False


@anyone
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@anyone
def ready(request: HttpRequest) -> HttpResponse:
    """Database, broker and migrations are as the portal needs them; otherwise 503 and which are not."""
    state = {"database": _database(), "broker": _broker(), "migrations": False}
    state["migrations"] = state["database"] and _migrated()
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False


def _broker() -> bool:
    try:
        cache.set("ready", 1, 5)
        return cache.get("ready") == 1
    except RedisError:
        return False


def _migrated() -> bool:
    # Building the graph of migrations is slow; once they have run they stay run for the life of this process.
    global _has_migrated
    if not _has_migrated:
        executor = MigrationExecutor(connection)
        _has_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _has_migrated
