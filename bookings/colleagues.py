"""Which of an organisation's people a line on a list names: by their key, by email, or by name where it is certain."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from bookings.pasted_lines import PastedLine, problem_with
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation

SOMEBODY_NEW = "new"


@dataclass(frozen=True)
class Wanted:
    """One person to be booked: chosen from the organisation's people (``person``), or written down.

    ``same_as`` answers the question who is meant: the key of somebody of that name, or ``SOMEBODY_NEW``.
    """

    person: int | None = None
    name: str = ""
    email: str = ""
    job_role: str = ""
    same_as: str = ""
    audience_reason: str = ""
    training: str = ""
    trained_on: date | None = None
    # The key of a file that is held for the list, and why another one was not taken.
    evidence: str = ""
    evidence_refused: str = ""

    @property
    def identity(self) -> tuple[int | None, str, str, str, str]:
        """All that says who is meant."""
        return self.person, self.name, self.email, self.job_role, self.same_as


@dataclass(frozen=True)
class Candidates:
    """Several people whom a line may mean: whoever wrote it is asked."""

    question: str
    memberships: tuple[Membership, ...]


class Colleagues:
    """The people of one organisation (one query), and who of them is on the list already."""

    def __init__(self, actor: Actor, organisation: Organisation) -> None:
        self.organisation = organisation
        self._by_key: dict[int, Membership] = {}
        self._by_email: dict[str, Membership] = {}
        self._by_name: dict[str, list[Membership]] = defaultdict(list)
        self._taken: set[int] = set()
        live = Membership.objects.live().filter(partnership=actor.partnership, organisation=organisation)
        for membership in live.select_related("person", "organisation").order_by("person__name_key", "pk"):
            membership.organisation = organisation
            membership.person.partnership = actor.partnership
            self._know(membership)

    def named_by(self, wanted: Wanted) -> Membership | Candidates | None:
        """Who is meant: somebody here, one of several, or nobody yet; refuses a line that names nobody."""
        return self._chosen(wanted) if wanted.person is not None else self._written(wanted)

    def may_be_meant(self, wanted: Wanted) -> set[int]:
        """The keys of everybody here whom a line may mean, however it is answered."""
        named = self._by_name.get(_name_key(wanted.name), [])
        chosen = self._by_key.get(wanted.person or 0) or self._by_email.get(wanted.email.lower())
        return {one.person_id for one in [*named, *([chosen] if chosen else [])]}

    def check_once(self, membership: Membership) -> None:
        """Refuse a second line about somebody who is on the list already."""
        if membership.person_id in self._taken:
            raise DomainError(f"{membership.person.name} is on this list twice. This line is left out.")

    def take(self, membership: Membership) -> None:
        """Note that somebody is on the list now, and that they belong to the organisation."""
        self._taken.add(membership.person_id)
        if membership.person_id not in self._by_key:
            self._know(membership)

    def _know(self, membership: Membership) -> None:
        person = membership.person
        self._by_key[person.pk] = membership
        if person.email:
            self._by_email[person.email.lower()] = membership
        self._by_name[_name_key(person.name)].append(membership)

    def _chosen(self, wanted: Wanted) -> Membership:
        found = self._by_key.get(wanted.person or 0)
        if found is None:
            raise DomainError(f"This person does not belong to {self.organisation.name} any more.")
        return found

    def _written(self, wanted: Wanted) -> Membership | Candidates | None:
        if problem := problem_with(PastedLine(wanted.name, wanted.email, wanted.job_role)):
            raise DomainError(problem)
        if known := self._by_email.get(wanted.email.lower()):
            return known
        if not wanted.name:
            raise DomainError(
                f"Nobody at {self.organisation.name} has this address yet. Give their name as well."
            )
        alike = self._by_name.get(_name_key(wanted.name), [])
        if not alike or wanted.same_as == SOMEBODY_NEW:
            return None
        for one in alike:
            if wanted.same_as == str(one.person_id):
                return one
        return self._certain(wanted, alike)

    def _certain(self, wanted: Wanted, alike: list[Membership]) -> Membership | Candidates:
        """A name alone names the only one who bears it; a new address beside it leaves that open."""
        only = alike[0] if len(alike) == 1 else None
        if only is not None and not wanted.email and only.person_id not in self._taken:
            return only
        who = "somebody" if len(alike) == 1 else "several people"
        return Candidates(
            f"{self.organisation.name} has {who} of this name already. Say who is meant.", tuple(alike)
        )


def _name_key(name: str) -> str:
    return " ".join(name.lower().split())


def same_person(said: str, known: str) -> bool:
    """Tell whether a name as somebody says it may be the name in the records: they share a part of it."""
    return bool(set(_name_key(said).split()) & set(_name_key(known).split()))
