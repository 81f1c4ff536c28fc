from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def borsetshire() -> str:
    """The file of a made-up partnership."""
    return (Path(__file__).parent / "borsetshire.toml").read_text(encoding="utf-8")
