"""What has happened at the sessions: bookings, registers, surveys and certificates."""

import datetime as dt
from random import Random

from bookings.models import AccessNeeds, Attendance, Booking
from bookings.states import BookingState
from courses.expectations import asks_evaluation, asks_learners, asks_trainers
from courses.models import Course, Session
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, Invitation
from evaluations.periods import answers_due_at, asks_line_manager, impact_opens_and_closes
from evaluations.services.certificates import issue_if_due
from evaluations.services.questionnaires import version_in_use
from partnership_portal.demo.people import People
from partnership_portal.demo.programme import Programme, Scene
from partnership_portal.demo.words import Voice
from partnership_portal.working_days import add_working_days, uk_date, working_days_between
from partnerships.actors import system
from partnerships.models import Membership, Partnership, Person
from partnerships.policy import LineManagerRule
from partnerships.services.policies import version_in_force

_NEEDS: tuple[tuple[str, list[str], str], ...] = (
    ("I lip-read: a seat near the front, please.", [], ""),
    ("Wheelchair user, step-free access and a space at a table.", ["vegan"], ""),
    ("Large print, 18 point.", ["vegetarian", "nut_free"], "Severe allergy to sesame"),
    ("A quiet room at lunch.", ["vegetarian"], ""),
)
K = QuestionnaireKind
_MATCHED = 12


class Historian:
    """Writes down the past of one partnership directly, since services rightly refuse to act in the past."""

    def __init__(self, partnership: Partnership, people: People, random: Random, now: dt.datetime) -> None:
        self.partnership, self.people, self.random, self.now = partnership, people, random, now
        self.policy = partnership.policy()
        self.policy_version = version_in_force(partnership, now)
        self.versions = {kind: version_in_use(partnership, kind) for kind in K}
        self.questions = {
            kind: list(one.questions.all()) if one else [] for kind, one in self.versions.items()
        }
        parts = {person.pk for person in people.parts.values()}
        self.learners = [one for one in people.memberships if one.person_id not in parts]
        self.practitioner = people.member("practitioner")
        self.answers: list[Answer] = []
        self.has_example = False

    def write(self, programme: Programme) -> None:
        """Everything, in the order in which it happened."""
        for scene in sorted(programme.past, key=lambda one: one.session.starts_at):
            attended = self._register(scene, self._book(scene))
            self._surveys(scene, attended)
            self._trainer_feedback(scene)
        self._book(programme.outstanding)
        for scene in programme.coming:
            self._book(scene)
        self._observations(programme)
        Answer.objects.bulk_create(self.answers)
        self._certificates()

    def _book(self, scene: Scene) -> list[Booking]:
        learners = self.random.sample(self.learners, k=min(scene.taken + scene.waiting, len(self.learners)))
        if scene.with_practitioner and learners:
            learners[0] = self.practitioner
        rows = [self._booking(scene.session, one, number) for number, one in enumerate(learners)]
        for booking in rows[scene.taken :]:
            booking.state, booking.confirmed_at = BookingState.WAITING, None
        made = Booking.objects.bulk_create(rows)
        coming = scene.session.starts_at > self.now
        if coming:
            AccessNeeds.objects.bulk_create(
                AccessNeeds(
                    partnership=self.partnership,
                    booking=booking,
                    text=text,
                    diets=[] if scene.session.is_online else diets,
                    dietary="" if scene.session.is_online else dietary,
                )
                for booking, (text, diets, dietary) in zip(made[: scene.taken : 5], _NEEDS, strict=False)
            )
        return made[: scene.taken]

    def _booking(self, session: Session, membership: Membership, number: int) -> Booking:
        latest = min(session.booking_closes_at, self.now)
        return Booking(
            partnership=self.partnership,
            session=session,
            person=membership.person,
            organisation=membership.organisation,
            job_role=membership.job_role,
            state=BookingState.CONFIRMED,
            booked_by=membership.person,
            booked_at=latest - dt.timedelta(days=21, minutes=-97 * number),
            confirmed_at=latest - dt.timedelta(days=21, minutes=-97 * number),
            policy_version=self.policy_version,
        )

    def _register(self, scene: Scene, bookings: list[Booking]) -> list[Booking]:
        marks, attended = [], []
        for booking in bookings:
            chance = 1.0 if booking.person_id == self.practitioner.person_id else self.random.random()
            booking.state = _outcome(chance, days=len(scene.dates))
            if booking.state == BookingState.CANCELLED:
                late = chance < 0.03
                booking.ended_at = scene.session.starts_at - dt.timedelta(days=2 if late else 12)
                booking.ended_by, booking.was_late_cancellation = booking.person, late
                booking.end_reason = "Court hearing on the same day"
                continue
            if booking.state == BookingState.ATTENDED:
                attended.append(booking)
            for number, date in enumerate(scene.dates):
                present = booking.state == BookingState.ATTENDED or (
                    booking.state == BookingState.PARTLY_ATTENDED and number == 0
                )
                marks.append(
                    Attendance(
                        partnership=self.partnership,
                        booking=booking,
                        session_date=date,
                        mark="present" if present else "absent",
                        marked_by=scene.trainers[0] if scene.trainers else None,
                        marked_at=date.ends_at,
                    )
                )
        Booking.objects.bulk_update(
            bookings, ["state", "ended_at", "ended_by", "was_late_cancellation", "end_reason"]
        )
        Attendance.objects.bulk_create(marks)
        return attended

    def _surveys(self, scene: Scene, attended: list[Booking]) -> None:
        ended = scene.session.ends_at
        course = scene.session.course
        invited = ended + dt.timedelta(hours=1)
        closes = invited + dt.timedelta(days=self.policy.evaluation.open_days.value)
        recent = self.now - invited < dt.timedelta(days=7)
        opens, ends = impact_opens_and_closes(ended, self.policy.impact.window.value)
        asks_managers = asks_line_manager(self.policy, course_asks=course.asks_line_manager)
        # About one session everybody answers everything, so that its report has something to compare.
        example = not self.has_example and opens <= self.now and self._is_example(course, attended)
        self.has_example = self.has_example or example
        often = 1.0 if example else 0.4 if recent else 0.82
        rows = []
        if asks_evaluation(course, self.policy):
            rows = [self._invite(K.EVALUATION, one, invited, closes, often) for one in attended]
        if opens <= self.now:
            if asks_learners(course, self.policy):
                often = 1.0 if example else 0.62
                rows += [self._invite(K.IMPACT, one, opens, ends, often) for one in attended]
            if asks_managers:
                rows += [
                    self._invite(K.LINE_MANAGER, one, opens, ends, 1.0 if example else 0.5)
                    for one in attended
                    if self._place(one).manager_contact
                ]
        self._keep(rows)

    def _is_example(self, course: Course, attended: list[Booking]) -> bool:
        """Tell whether enough people and managers would be asked; no manager where the policy asks none."""
        ask = self.policy.impact.line_manager.value is LineManagerRule.COURSES_THAT_ASK
        asked = course.asks_line_manager or not ask
        managed = sum(bool(self._place(one).manager_contact) for one in attended)
        return asks_learners(course, self.policy) and asked and managed >= _MATCHED

    def _invite(
        self, kind: K, booking: Booking, invited: dt.datetime, closes: dt.datetime, chance: float
    ) -> Invitation:
        person: Person | None = booking.person
        name, email = booking.person.name, booking.person.email
        if kind == K.LINE_MANAGER:
            place = self._place(booking)
            person = place.line_manager
            name, email = place.manager_contact or ("", "")
        own = booking.person_id == self.practitioner.person_id or person == self.people.parts["manager"]
        # Whoever is tried in the demonstration still has the newest to answer.
        fresh = self.now - invited < dt.timedelta(days=12)
        answered = not fresh if own else self.random.random() < chance
        return self._invitation(
            kind, booking.session, invited, closes, answered, booking, person, name, email
        )

    def _place(self, booking: Booking) -> Membership:
        return next(one for one in self.people.memberships if one.person_id == booking.person_id)

    def _invitation(
        self,
        kind: K,
        session: Session,
        invited: dt.datetime,
        closes: dt.datetime,
        answered: bool,
        booking: Booking | None,
        person: Person | None,
        name: str,
        email: str,
    ) -> Invitation:
        rules = self.policy.evaluation if kind == K.EVALUATION else self.policy.impact
        step = rules.reminder_working_days.value
        first = uk_date(invited)
        reminded = min(rules.reminders.value, max(0, working_days_between(first, uk_date(self.now))) // step)
        state = Invitation.State.ANSWERED if answered else Invitation.State.OPEN
        if not answered and closes <= self.now:
            state = Invitation.State.CLOSED
        when = invited + dt.timedelta(hours=self.random.randint(2, 60))
        return Invitation(
            partnership=self.partnership,
            kind=kind,
            version=self.versions[kind],
            session=session,
            booking=booking,
            respondent=person,
            respondent_name=name,
            respondent_email=email,
            policy_version=self.policy_version,
            state=state,
            invited_at=invited,
            due_at=answers_due_at(kind, self.policy, invited_at=invited, closes_at=closes),
            closes_at=closes,
            opened_at=min(when, self.now) if answered or self._began(booking) else None,
            reminders_sent=0 if answered else reminded,
            last_asked_on=first
            if answered
            else add_working_days(first, step * reminded)
            if reminded
            else first,
            answered_at=min(when, self.now) if answered else None,
        )

    @staticmethod
    def _began(booking: Booking | None) -> bool:
        """Some begin and do not send what they wrote."""
        return booking is not None and booking.pk % 5 == 0

    def _keep(self, rows: list[Invitation]) -> None:
        for invitation in Invitation.objects.bulk_create(rows):
            if invitation.state != Invitation.State.ANSWERED:
                continue
            voice = Voice(self.random, uk_date(invitation.invited_at))
            self.answers += [
                Answer(partnership=self.partnership, invitation=invitation, question=question, **given)
                for question, given in voice.answers(self.questions[K(invitation.kind)])
            ]

    def _trainer_feedback(self, scene: Scene) -> None:
        if not asks_trainers(scene.session.course, self.policy):
            return
        ended = scene.session.ends_at
        closes = ended + dt.timedelta(days=self.policy.evaluation.open_days.value)
        own = self.people.parts["trainer"]
        self._keep(
            [
                self._invitation(
                    K.TRAINER_FEEDBACK,
                    scene.session,
                    ended,
                    closes,
                    person != own or self.now - ended > dt.timedelta(days=30),
                    None,
                    person,
                    person.name,
                    person.email,
                )
                for person in scene.trainers
            ]
        )

    def _observations(self, programme: Programme) -> None:
        observer = self.people.parts["observer"]
        open_days = dt.timedelta(days=self.policy.evaluation.open_days.value)
        seen = [(scene, True) for scene in programme.past[-6:-3]] + [(programme.outstanding, False)]
        self._keep(
            [
                self._invitation(
                    K.OBSERVATION,
                    scene.session,
                    scene.session.starts_at,
                    scene.session.ends_at + open_days,
                    done,
                    None,
                    observer,
                    observer.name,
                    observer.email,
                )
                for scene, done in seen
            ]
        )

    def _certificates(self) -> None:
        actor = system(self.partnership, "history of the demonstration")
        answered = (
            Invitation.objects.filter(partnership=self.partnership, state="answered", booking__isnull=False)
            .select_related("booking")
            .order_by("answered_at")
        )
        for invitation in answered:
            issue_if_due(actor=actor, booking=invitation.booking, now=invitation.answered_at)


def _outcome(chance: float, *, days: int) -> BookingState:
    if chance < 0.06:
        return BookingState.CANCELLED
    if chance < 0.13:
        return BookingState.DID_NOT_ATTEND
    if chance < 0.2 and days > 1:
        return BookingState.PARTLY_ATTENDED
    return BookingState.ATTENDED
