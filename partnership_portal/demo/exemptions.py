"""Who is exempt in the demonstration: for each exemption of the strategy, somebody in the job that it names."""

from compliance.services.exemptions import record_exemption
from courses.models import Requirement
from partnership_portal.demo.people import People
from partnerships.actors import actor_of
from partnerships.models import Membership, Partnership


def exempt_by_strategy(partnership: Partnership, people: People) -> None:
    """Let the team exempt one person for each reason that the strategy names, once."""
    team = actor_of(people.parts["team"].user, partnership)
    required = Requirement.objects.filter(partnership=partnership, kind=Requirement.Kind.REQUIRED)
    for requirement in required.order_by("pk"):
        for reason in requirement.exempt_reasons:
            membership = _whose_job_is_named(people, reason)
            if membership is not None:
                # A strategy that exempts a job counts it among the group.
                membership.competency_group = requirement.group
                membership.save(update_fields=["competency_group"])
                record_exemption(actor=team, membership=membership, requirement=requirement, reason=reason)


def _whose_job_is_named(people: People, reason: str) -> Membership | None:
    parts = {person.pk for person in people.parts.values()}
    others = (one for one in people.memberships if one.person_id not in parts)
    return next((one for one in others if reason.casefold().startswith(one.job_role.casefold())), None)
