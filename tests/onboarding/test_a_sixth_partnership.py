"""A partnership that nobody has heard of joins by its file alone: its pages stand, and no code knows any by name."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

import partnerships
from courses.expectations import asks_evaluation, asks_trainers
from courses.models import Course
from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.reading import read_file, read_profile, shipped_profiles
from partnerships.tenancy import acting_in

ROOT = Path(partnerships.__file__).parent.parent
PACKAGES = (
    "partnership_portal",
    "partnerships",
    "notifications",
    "courses",
    "bookings",
    "evaluations",
    "compliance",
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["", "courses/", "courses/first-steps/", "strategy/", "certificates/check/", "colours.css"]
)
def test_its_pages_stand(borsetshire, page) -> None:
    load_profile(text=borsetshire)
    response = Client().get(f"/borsetshire/{page}")
    assert response.status_code == 200
    if page != "colours.css":
        assert "Borsetshire Safeguarding Children Partnership" in response.content.decode()


@pytest.mark.django_db
def test_its_strategy_page_says_its_own_rules(borsetshire) -> None:
    load_profile(text=borsetshire)
    page = Client().get(reverse("partnerships:strategy", args=["borsetshire"])).content.decode()
    assert "issued as soon as the learner has attended" in page
    assert "at 80% or more of the session’s dates" in page
    assert "at most 12 places" in page
    assert "Training comes to the village hall." in page
    assert "The charge is £12.50." in page


@pytest.mark.django_db
def test_its_courses_say_what_is_asked_about_them_where_its_policy_leaves_it_to_them(borsetshire) -> None:
    partnership = load_profile(text=borsetshire).partnership
    with acting_in(partnership):
        rules = partnership.policy()
        asked = {
            one.slug: (asks_evaluation(one, rules), asks_trainers(one, rules))
            for one in Course.objects.defer("search")
        }
    assert asked == {"first-steps": (True, True), "first-steps-online": (False, False)}
    page = Client().get(reverse("partnerships:strategy", args=["borsetshire"])).content.decode()
    assert "Those who attended are asked for an evaluation of courses that ask for it." in page
    assert "Trainers give feedback after each session of courses that ask for it." in page
    again = load_profile(text=borsetshire.replace("asks_evaluation = false", "asks_evaluation = true"))
    assert again.ledger.changed == ["course “First steps online”"]


def test_no_code_knows_a_partnership_by_name() -> None:
    profiles = [read_profile(read_file(name)).partnership for name in shipped_profiles()]
    words = {word for one in profiles for word in (one.slug, *re.findall(r"[A-Z]\w{5,}", one.area))}
    named = re.compile(r"\b(" + "|".join(sorted(words)) + r")\b", re.IGNORECASE)
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    files += (ROOT / "templates").rglob("*.html")
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if named.search(line)
    ]
    assert len(files) > 100
    assert not found
