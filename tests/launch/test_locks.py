"""The lock files: complete, hashed, and without anybody's address in them."""

import re
import tomllib

import pytest

from scripts.environment import PROJECT

LOCKS = ["requirements.lock", "requirements-run.lock", "requirements-dev.lock"]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (PROJECT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_its_hash(lock):
    for line in (PROJECT / lock).read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[^:/]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_the_locks_agree_with_the_project_and_each_other():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    everything = pins("requirements-dev.lock")
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += [line for line in extra if not line.startswith(project["name"])]
    for line in wanted:
        name, version = re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;]+)", line).groups()
        assert everything[name] == version
    for lock in LOCKS:
        assert pins(lock).items() <= everything.items()
