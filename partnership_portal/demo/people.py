"""The people of one partnership in the demonstration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from partnership_portal.demo.cast import PARTS, PASSWORD
from partnership_portal.demo.names import names
from partnerships.models import (
    CompetencyGroup,
    JoinRequest,
    Membership,
    MembershipRole,
    Organisation,
    Partnership,
    Person,
    User,
)

OTHERS = 52
_JOBS = (
    "Health visitor", "Teacher", "Teaching assistant", "Police constable", "Social worker", "Youth worker",
    "Early years practitioner", "School nurse", "Housing officer", "Midwife", "Childminder", "Probation officer",
    "Volunteer mentor", "Designated safeguarding lead", "Family support worker", "GP practice nurse",
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Everybody in the partnership, by part and altogether."""

    parts: dict[str, Person]
    memberships: list[Membership]

    def member(self, key: str) -> Membership:
        """The membership of the person who plays a part."""
        return next(one for one in self.memberships if one.person_id == self.parts[key].pk)


def make_people(partnership: Partnership, random: Random) -> People:
    """The eight parts with accounts, others over the organisations, and somebody who asks to join."""
    called = names(random)
    organisations = list(Organisation.objects.filter(partnership=partnership, is_active=True).order_by("pk"))
    groups = list(CompetencyGroup.objects.filter(partnership=partnership).order_by("position"))
    parts = _parts(partnership, called)
    others = Person.objects.bulk_create(
        _person(partnership, next(called), number) for number in range(OTHERS)
    )
    memberships = _memberships(partnership, random, parts, others, organisations, groups)
    _grant(partnership, memberships, parts, others)
    _asks_to_join(partnership, next(called), organisations[0], groups)
    return People(parts, memberships)


def _parts(partnership: Partnership, called: Iterator[str]) -> dict[str, Person]:
    people = {}
    for part in PARTS:
        name = partnership.coordinator_name if part.key == "team" else next(called)
        email = part.email(partnership.slug)
        people[part.key] = Person.objects.create(
            partnership=partnership, user=account(email, name), name=name, email=email, phone="01632 960000"
        )
    return people


def account(email: str, name: str, **fields: bool) -> User:
    """An account with a confirmed address and the demonstration's password."""
    user, made = User.objects.get_or_create(
        email=email, defaults={"name": name, "password": _password(), **fields}
    )
    if made:
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


_hashed: list[str] = []


def _password() -> str:
    # Hashing takes a fifth of a second on purpose; one hash does for everybody here.
    if not _hashed:
        _hashed.append(make_password(PASSWORD))
    return _hashed[0]


def _person(partnership: Partnership, name: str, number: int) -> Person:
    # Some learners have no work email of their own.
    email = "" if number % 13 == 5 else f"{slugify(name)}.{number}@{partnership.slug}.example"
    return Person(partnership=partnership, name=name, email=email)


def _memberships(
    partnership: Partnership,
    random: Random,
    parts: dict[str, Person],
    others: list[Person],
    organisations: list[Organisation],
    groups: list[CompetencyGroup],
) -> list[Membership]:
    jobs = {part.key: part.job for part in PARTS}
    middle = groups[min(1, len(groups) - 1)]
    rows = []
    for key, person in parts.items():
        managed = key in {"practitioner", "trainer"}
        rows.append(
            Membership(
                partnership=partnership,
                person=person,
                organisation=organisations[0],
                job_role=jobs[key],
                competency_group=groups[-1] if key in {"chair", "member"} else middle,
                line_manager=parts["manager"] if managed else None,
                line_manager_name="" if managed else "Pat Director",
                line_manager_email="" if managed else f"director@{partnership.slug}.example",
                started_on=date(2022, 4, 1),
            )
        )
    for number, person in enumerate(others):
        own_team = number < 7
        rows.append(
            Membership(
                partnership=partnership,
                person=person,
                organisation=organisations[0] if own_team else organisations[number % len(organisations)],
                job_role=random.choice(_JOBS),
                competency_group=middle if own_team else random.choice(groups),
                line_manager=parts["manager"] if own_team else None,
                line_manager_name="" if own_team else "Pat Director",
                line_manager_email="" if own_team else f"manager{number}@{partnership.slug}.example",
                started_on=date(2023, 9, 1),
            )
        )
    return Membership.objects.bulk_create(rows)


def _grant(
    partnership: Partnership, memberships: list[Membership], parts: dict[str, Person], others: list[Person]
) -> None:
    place = {one.person_id: one for one in memberships}
    wanted = [(parts[part.key], part.grants) for part in PARTS if part.grants is not None]
    # More than one of each, since nobody trains alone.
    wanted += [
        (others[10], "trainer"),
        (others[11], "trainer"),
        (others[12], "trainer"),
        (others[13], "observer"),
    ]
    wanted += [
        (others[14], "subgroup_member"),
        (others[15], "subgroup_member"),
        (others[16], "organisation_lead"),
    ]
    MembershipRole.objects.bulk_create(
        MembershipRole(partnership=partnership, membership=place[person.pk], role=str(role))
        for person, role in wanted
    )


def _asks_to_join(
    partnership: Partnership, name: str, organisation: Organisation, groups: list[CompetencyGroup]
) -> None:
    email = f"newcomer@{partnership.slug}.example"
    JoinRequest.objects.create(
        partnership=partnership,
        user=account(email, name),
        name=name,
        email=email,
        organisation=organisation,
        job_role="Early help worker",
        competency_group=groups[0],
        line_manager_name="Pat Director",
        line_manager_email=f"director@{partnership.slug}.example",
    )
