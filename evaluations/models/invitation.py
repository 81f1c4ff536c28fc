import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookings.models import Booking
from bookings.states import EXPECTED, MAY_HAVE_COME
from courses.models import Session
from evaluations.kinds import AFTERWARDS, QuestionKind, QuestionnaireKind
from evaluations.models.given_answer import GivenAnswer
from evaluations.models.questionnaire import Question, QuestionnaireVersion
from evaluations.querysets import InvitationQuerySet
from partnerships.models import Person, PolicyVersion
from partnerships.tenancy import TenantModel

# A day of grace: the portal counts years by UK clocks. Whoever was promised the shortest time counts, since all answers
# about a session go at once.
_KEPT = """
    IF OLD.forgotten_at IS NOT NULL THEN
        RAISE EXCEPTION 'what is forgotten stays forgotten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'kept_as_long_as_promised';
    END IF;
    IF NOT EXISTS (
        SELECT FROM partnerships_policyversion policy
        JOIN courses_session session ON session.id = NEW.session_id
        WHERE policy.partnership_id = NEW.partnership_id
        AND session.ends_at + make_interval(years =>
            coalesce((policy.document #>> '{evaluation,answers_kept_years,value}')::int, 1)
        ) <= NEW.forgotten_at + interval '1 day'
        AND EXISTS (
            SELECT FROM evaluations_invitation asked
            WHERE asked.session_id = NEW.session_id AND asked.policy_version_id = policy.id
        )
    ) THEN
        RAISE EXCEPTION 'answers are kept as long as was promised'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'kept_as_long_as_promised';
    END IF;
    RETURN NEW;
"""

# What is said of an answer is said of these words: it goes before they do.
_WORDS_STAY = """
    IF EXISTS (SELECT FROM evaluations_themetag tag WHERE tag.answer_id = NEW.id) THEN
        RAISE EXCEPTION 'the words of a tagged answer stay'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tagged_words_stay';
    END IF;
    RETURN NEW;
"""

_QUOTED_WORDS_STAY = """
    IF EXISTS (SELECT FROM evaluations_quote quote WHERE quote.answer_id = NEW.id) THEN
        RAISE EXCEPTION 'the words of a quoted answer stay'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'quoted_words_stay';
    END IF;
    RETURN NEW;
"""
_CONSENT_STAYS = """
    IF EXISTS (
        SELECT FROM evaluations_quote quote JOIN evaluations_answer given ON given.id = quote.answer_id
        WHERE given.invitation_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'consent stays while somebody is quoted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'quoted_with_consent';
    END IF;
    RETURN NEW;
"""


class Invitation(TenantModel):
    """Somebody asked to fill in a questionnaire about a session, once; with its answers it is the response."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for answers"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without answers"

    class Closing(models.TextChoices):
        TIME = "", "The time to answer was over"
        NO_PLACE = "no_place", "Lost the place before the course"
        LEFT = "left", "Has left the organisation"
        NOT_MANAGER = "not_manager", "Is not the line manager"
        GIVEN_BACK = "given_back", "The observation was given back"
        NO_MANAGER = "no_manager", "No line manager with an email address is recorded any more"

    kind = models.CharField(max_length=20, choices=QuestionnaireKind.choices)
    version = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="invitations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="invitations")
    booking = models.ForeignKey(
        Booking,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invitations",
        help_text="The learner's booking; none for trainers and observers.",
    )
    respondent = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    respondent_name = models.CharField(max_length=200)
    respondent_email = models.EmailField(blank=True)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    invited_at = models.DateTimeField()
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="By when answers are asked for; later ones are late."
    )
    closes_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True, help_text="When answering was begun first.")
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    last_asked_on = models.DateField()
    answered_at = models.DateTimeField(null=True, blank=True)
    typed_in_by = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who of the team wrote the answers down for somebody they rang.",
    )
    quoting_agreed_at = models.DateTimeField(
        null=True, blank=True, help_text="When whoever answered agreed to be quoted without their name."
    )
    link_number = models.PositiveSmallIntegerField(
        default=0, help_text="Counts the people whom it was sent to; only the last one's link holds."
    )
    closed_because = models.CharField(
        max_length=12,
        blank=True,
        choices=[one for one in Closing.choices if one[0]],
        help_text="Why it was closed before its time.",
    )

    watched_at = models.DateTimeField(
        null=True, blank=True, help_text="When the answers were looked through for concerns about the course."
    )

    forgotten_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the answers were deleted, kept as long as was promised; from then on it only counts.",
    )
    counted_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the answers entered figures that others than the team see, in a block of five or more.",
    )
    choices_counted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the counts of choices about the session were closed with them."
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "kind", "booking"],
                # Somebody may be drawn in two samples, and learner and line manager are both talked to.
                condition=Q(booking__isnull=False) & ~Q(kind="dip_sample"),
                name="asked_once_per_booking",
            ),
            models.UniqueConstraint(
                fields=["partnership", "kind", "session", "respondent"],
                condition=Q(booking__isnull=True),
                name="asked_once_per_session",
            ),
            models.UniqueConstraint(
                fields=["partnership", "session"],
                condition=Q(kind="observation") & ~Q(state="closed"),
                name="one_observer_a_session",
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | (~Q(state="answered") & Q(answered_at__isnull=True)),
                name="answered_invitation_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(typed_in_by__isnull=True) | Q(state="answered"), name="typed_in_is_answered"
            ),
            models.CheckConstraint(
                condition=Q(counted_at__isnull=True, choices_counted_at__isnull=True)
                | Q(counted_at__isnull=False, state="answered"),
                name="only_answers_are_counted",
            ),
            models.CheckConstraint(
                condition=Q(quoting_agreed_at__isnull=True) | Q(state="answered"),
                name="agreed_to_be_quoted_is_answered",
            ),
            models.CheckConstraint(
                condition=Q(closed_because="") | Q(state="closed"), name="only_closed_ones_say_why"
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=True, kind__in=["trainer_feedback", "observation"])
                | Q(
                    booking__isnull=False,
                    kind__in=["pre_course", "evaluation", "impact", "line_manager", "dip_sample"],
                ),
                name="invitation_is_about_a_booking_or_a_session",
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | ~Q(state="open"), name="forgotten_is_not_open"
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "state", "last_asked_on"], name="invitation_to_remind"),
            models.Index(fields=["partnership", "respondent", "state"], name="invitation_by_respondent"),
            models.Index(fields=["partnership", "session", "kind"], name="invitation_by_session"),
            models.Index(
                fields=["partnership", "answered_at"],
                condition=Q(state="answered", watched_at__isnull=True),
                name="invitation_to_watch",
            ),
            models.Index(
                fields=["partnership", "session"],
                condition=Q(forgotten_at__isnull=True),
                name="invitation_to_forget",
            ),
            models.Index(
                fields=["partnership", "session"],
                condition=Q(forgotten_at__isnull=False),
                name="invitation_forgotten",
            ),
            models.Index(
                fields=["partnership", "session", "kind"],
                condition=Q(state="answered", counted_at__isnull=True),
                name="invitation_to_count",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="counted_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__counted_at__isnull=False)
                & pgtrigger.Q(old__counted_at__df=pgtrigger.F("new__counted_at"))
                | pgtrigger.Q(old__choices_counted_at__isnull=False)
                & pgtrigger.Q(old__choices_counted_at__df=pgtrigger.F("new__choices_counted_at")),
            ),
            pgtrigger.Trigger(
                name="kept_as_long_as_promised",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("forgotten_at"),
                condition=pgtrigger.Q(old__forgotten_at__df=pgtrigger.F("new__forgotten_at")),
                func=_KEPT,
            ),
            pgtrigger.Trigger(
                name="quotes_go_first",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("quoting_agreed_at"),
                condition=pgtrigger.Q(
                    old__quoting_agreed_at__isnull=False, new__quoting_agreed_at__isnull=True
                ),
                func=_CONSENT_STAYS,
            ),
        ]

    @property
    def is_late(self) -> bool:
        """Tell whether the answers came after they were asked for."""
        return self.due_at is not None and self.answered_at is not None and self.answered_at > self.due_at

    @property
    def is_overdue(self) -> bool:
        """Tell whether answers would be late by now."""
        return self.due_at is not None and timezone.now() > self.due_at

    @property
    def has_lapsed(self) -> bool:
        """Tell whether there is nothing to answer, unless the booking changes again."""
        return self.has_lost_place or self.is_of_absent or self.is_of_no_trainer

    @property
    def has_lost_place(self) -> bool:
        """Tell whether it asks before a session at which its booking has no place any more."""
        return self.kind == QuestionnaireKind.PRE_COURSE and (
            self.booking is None
            or self.booking.state not in EXPECTED
            or self._booked_session.status != Session.Status.PUBLISHED
        )

    @property
    def has_moved(self) -> bool:
        """Tell whether its booking is on another session by now, which ``follow_session`` has yet to follow."""
        return self.kind == QuestionnaireKind.PRE_COURSE and self._booked_session != self.session

    @property
    def _booked_session(self) -> Session:
        # Read only where it is another one.
        booking = self.booking
        return self.session if booking is None or booking.session_id == self.session_id else booking.session

    @property
    def is_of_absent(self) -> bool:
        """Tell whether it asks about a session that its learner did not attend, as the register says by now."""
        return (
            self.kind in AFTERWARDS and self.booking is not None and self.booking.state not in MAY_HAVE_COME
        )

    @property
    def is_of_no_trainer(self) -> bool:
        """Tell whether it waits for the account of somebody who is no trainer of the session any more (one query)."""
        return (
            self.kind == QuestionnaireKind.TRAINER_FEEDBACK
            and self.state != self.State.ANSWERED
            and not self.session.trainer_links.filter(person=self.respondent_id).exists()
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.respondent_name}"


class Answer(GivenAnswer):
    """The answer to one question; saved as one goes, and a response once its invitation is answered."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "invitation", "question"], name="one_answer_per_question"
            )
        ]
        indexes = [
            models.Index(fields=["partnership", "question"], name="answer_by_question"),
            # In their own words, as the team reads them.
            models.Index(
                fields=["partnership", "question", "id"], name="answer_in_words", condition=~Q(text="")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="tagged_words_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("text"),
                condition=pgtrigger.Q(old__text__df=pgtrigger.F("new__text")),
                func=_WORDS_STAY,
            ),
            pgtrigger.Trigger(
                name="quoted_words_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("text"),
                condition=pgtrigger.Q(old__text__df=pgtrigger.F("new__text")),
                func=_QUOTED_WORDS_STAY,
            ),
        ]

    @property
    def has_words(self) -> bool:
        """Tell whether there are words that can be taken out; a date is kept as text and has none."""
        return bool(self.text) and self.question.kind != QuestionKind.DATE
