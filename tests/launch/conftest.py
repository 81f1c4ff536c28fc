"""A place for the embedded servers of a test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Not pytest's own: every session shuts that for other users, and root's PostgreSQL runs as one."""
    with tempfile.TemporaryDirectory(prefix="portal-test-") as folder:
        yield Path(folder)
