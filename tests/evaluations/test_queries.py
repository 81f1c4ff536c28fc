"""The lists of evaluations and certificates ask the database as often for five rows as for one."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.models import CertificateBundle, Invitation
from evaluations.services.bundles import build_bundle, request_bundle
from evaluations.services.corrections import reissue_certificate
from evaluations.services.dip_samples import Draw, draw_sample
from partnerships.models import Partnership, Person
from partnerships.permissions import Role
from tests.evaluations.made import answer, booked, held
from tests.evaluations.test_certificates import make_certificate
from tests.factories import actor_for, job, make_course, make_organisation, make_person

# Makes so many rows; gives who looks, and where.
Made = Callable[[Partnership, int], tuple[Person, str]]


def draws(partnership: Partnership, rows: int) -> tuple[Person, str]:
    team = make_person(partnership, Role.TEAM)
    booked(held(partnership))
    days = date.today() - timedelta(days=30), date.today()
    for _ in range(rows):
        draw_sample(actor=actor_for(team), key=uuid4(), wanted=Draw(*days, size=1))
    return team, "dip_samples"


def bundles(partnership: Partnership, rows: int) -> tuple[Person, str]:
    school = make_organisation(partnership)
    make_certificate(partnership, person=make_person(partnership, organisation=school))
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    for _ in range(rows):
        # Asked for while one is being put together, it is the same one.
        asked = request_bundle(actor=actor_for(lead), organisation=school)
        build_bundle(actor=job(partnership), bundle_id=asked.pk)
    assert CertificateBundle.objects.count() == rows
    return lead, "bundles"


def own_surveys(partnership: Partnership, rows: int) -> tuple[Person, str]:
    """Of each session one survey that waits and one that was sent."""
    person = make_person(partnership)
    for _ in range(rows):
        booked(held(partnership, days_ago=100), person=person)
    ask_for_evaluations(partnership, timezone.now() - timedelta(days=99))
    ask_about_impact(partnership, timezone.now())
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
    for invitation in Invitation.objects.for_answering().filter(kind="evaluation"):
        answer(invitation)
    assert Invitation.objects.count() == 2 * rows
    return person, "my_surveys"


def supervision(partnership: Partnership, rows: int) -> tuple[Person, str]:
    """What one learner wrote, so many answers of it."""
    booking = booked(held(partnership, days_ago=100, course=make_course(partnership, asks_line_manager=True)))
    ask_about_impact(partnership, timezone.now())
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
    impact = Invitation.objects.for_answering().get(kind="impact")
    answer(impact, practice="I asked alone", stopped_by=["time"], done=["partly"])
    kept = impact.answers.order_by("question__position").values_list("pk", flat=True)[:rows]
    assert len(kept) == rows
    impact.answers.exclude(pk__in=list(kept)).delete()
    return make_person(partnership, Role.TEAM), f"desk_supervision {booking.pk}"


def editions(partnership: Partnership, rows: int) -> tuple[Person, str]:
    team, certificate = make_person(partnership, Role.TEAM), make_certificate(partnership)
    for number in range(rows):
        reissue_certificate(
            actor=actor_for(team), certificate=certificate, name=f"Name {number}", reason="Married"
        )
    assert certificate.earlier_editions.count() == rows
    return team, f"desk_certificate {certificate.number}"


LISTS: dict[str, tuple[Made, int]] = {
    "dip samples": (draws, 10),
    "bundles": (bundles, 12),
    "own surveys": (own_surveys, 12),
    "supervision": (supervision, 15),
    "earlier editions": (editions, 10),
}


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize(("made", "queries"), LISTS.values(), ids=LISTS)
def test_a_list_takes_as_many_queries_for_five_as_for_one(
    partnership, sign_in, django_assert_num_queries, made, queries, rows
) -> None:
    reader, where = made(partnership, rows)
    name, *more = where.split()
    address = reverse(f"evaluations:{name}", args=[partnership.slug, *more])
    client = sign_in(reader)
    assert client.get(address).status_code == 200
    with django_assert_num_queries(queries):
        client.get(address)
