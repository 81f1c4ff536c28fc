"""The frame: settings, root addresses, Celery and the few tools that every app shares."""

from .celery import app as celery_app

__all__ = ["celery_app"]
