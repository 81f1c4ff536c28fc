"""The demonstration exempts whom a strategy exempts, in the job that it names, and nobody elsewhere."""

from random import Random

from compliance.models import Exemption
from compliance.queries.standing import standing_in
from courses.models import Requirement
from partnership_portal.demo.exemptions import exempt_by_strategy
from partnership_portal.demo.people import People, make_people
from partnership_portal.onboarding.loading import load_profile
from partnership_portal.onboarding.reading import SHIPPED
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def exempted(name: str) -> tuple[Partnership, People]:
    partnership = load_profile(path=SHIPPED / f"{name}.toml").partnership
    with acting_in(partnership):
        people = make_people(partnership, Random(name))
        exempt_by_strategy(partnership, people)
        exempt_by_strategy(partnership, people)
    return partnership, people


def test_one_childminder_is_exempt_where_the_strategy_says_so(db) -> None:
    partnership, people = exempted("sandwell")
    with acting_in(partnership):
        (exemption,) = Exemption.objects.select_related("membership", "requirement")
        (required,) = [one for one in Requirement.objects.all() if one.exempt_reasons]
        assert (exemption.requirement, exemption.reason) == (required, "Childminder, by statute")
        assert exemption.membership.job_role == "Childminder"
        assert exemption.recorded_by == people.parts["team"]
        assert [one.requirement for one in standing_in([exemption.membership]).exempt] == [required]


def test_nobody_is_where_it_exempts_nobody(db) -> None:
    partnership, _ = exempted("hampshire")
    with acting_in(partnership):
        assert not Exemption.objects.exists()
