"""Who can be tried in the demonstration: one named person for each role of each partnership."""

from dataclasses import dataclass

from partnerships.permissions import Role

PASSWORD = "safeguarding-demo"  # noqa: S105 - printed on the demonstration's front page
OPERATOR = "operator@portal.example"


@dataclass(frozen=True)
class Part:
    """One part to play."""

    key: str
    title: str
    job: str
    tries: str
    grants: Role | None = None

    def email(self, slug: str) -> str:
        """The address that this part signs in with in a partnership."""
        return f"{self.key}@{slug}.example"


PARTS = (
    Part(
        "practitioner",
        "Practitioner",
        "Family support worker",
        "Answer an evaluation, book a course, download a certificate, see what is still required.",
    ),
    Part(
        "manager",
        "Line manager",
        "Team manager",
        "See what the team needs and who is overdue, and answer for a member of staff.",
    ),
    Part(
        "lead",
        "Organisation lead",
        "Training coordinator",
        "Book several people at once, swap one for another, see the organisation’s bookings, charges and training.",
        Role.ORGANISATION_LEAD,
    ),
    Part(
        "trainer",
        "Trainer",
        "Safeguarding trainer",
        "Mark the register of the last session and see who comes to the next, with their access needs.",
        Role.TRAINER,
    ),
    Part(
        "observer",
        "Observer",
        "Quality assurance officer",
        "Observe a course and fill in the form.",
        Role.OBSERVER,
    ),
    Part(
        "member",
        "Sub-group member",
        "Named nurse for safeguarding children",
        "Read the reports to the sub-group.",
        Role.SUBGROUP_MEMBER,
    ),
    Part(
        "chair",
        "Sub-group chair",
        "Head of safeguarding",
        "Download the quarterly report before the next meeting.",
        Role.SUBGROUP_CHAIR,
    ),
    Part(
        "team",
        "Partnership team",
        "Learning and development coordinator",
        "See on one page what needs you today, plan sessions, write to people, close a month, build the report.",
        Role.TEAM,
    ),
)
