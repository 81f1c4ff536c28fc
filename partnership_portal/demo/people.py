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
from partnerships.permissions import Role

OTHERS = 52
_JOBS: dict[str, tuple[str, ...]] = {
    "local-authority": ("Social worker", "Family support worker", "Youth worker", "Youth justice worker"),
    "health": ("Health visitor", "School nurse", "Midwife", "GP practice nurse", "Paediatric nurse"),
    "police": ("Police constable", "Detective sergeant", "Police community support officer"),
    "probation": ("Probation officer", "Probation support worker"),
    "education": ("Teacher", "Teaching assistant", "Designated safeguarding lead", "Pastoral lead"),
    "early-years": ("Early years practitioner", "Nursery manager", "Childminder"),
    "voluntary": ("Youth worker", "Volunteer mentor", "Project worker"),
    "housing": ("Housing officer", "Tenancy support worker"),
}
_ANY_JOB = ("Team member", "Safeguarding contact")


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
    organisations = list(
        Organisation.objects.filter(partnership=partnership, is_active=True)
        .select_related("sector")
        .order_by("pk")
    )
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
        organisation = organisations[0] if own_team else organisations[number % len(organisations)]
        rows.append(
            Membership(
                partnership=partnership,
                person=person,
                organisation=organisation,
                job_role=random.choice(_JOBS.get(organisation.sector.code, _ANY_JOB)),
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
        (others[10], Role.TRAINER),
        (others[11], Role.TRAINER),
        (others[12], Role.TRAINER),
        (others[13], Role.OBSERVER),
    ]
    wanted += [
        (others[14], Role.SUBGROUP_MEMBER),
        (others[15], Role.SUBGROUP_MEMBER),
        (others[16], Role.ORGANISATION_LEAD),
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
