"""In a browser: what people wrote, in the report that the sub-group reads."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from evaluations.services.quotes import mark_quote
from evaluations.services.themes import add_theme
from partnerships.models import Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.compliance.test_reported_words import published
from tests.evaluations.made import adopt, closed
from tests.evaluations.test_own_words import tick, wrote
from tests.factories import actor_for, make_course, make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    partnership = make_partnership("reportshire")
    with acting_in(partnership):
        adopt(partnership)
    return partnership


def test_themes_and_quotes_in_the_report(shire, open_browser) -> None:
    with acting_in(shire):
        team, chair = make_person(shire, Role.TEAM), make_person(shire, Role.SUBGROUP_CHAIR)
        for title in ("Working together when more than one organisation knows the family", "Neglect"):
            answers = wrote(shire, 5, course=make_course(shire, title=title), days_ago=1)
            tick(team, answers, add_theme(actor=actor_for(team), name=f"Seen in {title}"[:60]))
        mark_quote(actor=actor_for(team), answer=answers[0], words=answers[0].text)
        closed(shire)
        report = published(team)
    where = reverse("compliance:report", args=[shire.slug, report.pk])
    for page in (open_browser(chair.user), open_browser(chair.user, width=320)):
        page.goto(where)
        expect(page.get_by_role("heading", name="What they wrote about")).to_be_visible()
        expect(page.get_by_role("table", name="Themes by course")).to_be_visible()
        expect(page.get_by_text(f"“{answers[0].text}”")).to_be_visible()
        assert_accessible(page)
