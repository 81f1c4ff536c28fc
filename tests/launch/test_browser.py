"""The browser of the journeys: the one that is there, by whatever name, and the same for who looks and who drives."""

import pytest

from scripts import bootstrap
from tests.browser import browser_path


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_the_journeys_drive_the_browser_that_was_found(name, tmp_path, monkeypatch) -> None:
    there = tmp_path / name
    there.write_text("#!/bin/sh\necho Browser 1.0\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PORTAL_CHROMIUM", raising=False)
    found = bootstrap._provide_browser()
    assert found == str(there)
    monkeypatch.setenv("PORTAL_CHROMIUM", found)
    assert browser_path() == found


def test_a_browser_that_one_names_goes_before_the_one_on_the_path(tmp_path, monkeypatch) -> None:
    for name in ("chromium", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PORTAL_CHROMIUM", str(tmp_path / "mine"))
    assert browser_path() == str(tmp_path / "mine")
    monkeypatch.delenv("PORTAL_CHROMIUM")
    assert browser_path() == str(tmp_path / "chromium")
