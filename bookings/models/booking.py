"""Places: bookings, access needs and attendance."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q

from bookings.querysets import BookingQuerySet
from bookings.states import ENDED, HOLDS_PLACE, IN_LINE, LIVE, MARKED, STEPS, UPCOMING, BookingState
from courses.models import Session, SessionDate
from partnerships.models import Organisation, Person, PolicyVersion
from partnerships.tenancy import TenantModel

LATE = Q(state=BookingState.CANCELLED, was_late_cancellation=True)
SETTLED = Q(state__in=MARKED) | LATE
# Settled one way or the other, and its charges not worked out since.
TO_CHARGE = ~Q(charged_as=F("state")) & (SETTLED | ~Q(charged_as=""))
# In ``charged_as`` of what was charged before and is to be worked out anew, whatever has become of it since.
CHARGE_ANEW = "anew"
# Literals of bookings.states, for the triggers.
_HOLDS = "('offered', 'confirmed', 'attended', 'partly_attended', 'did_not_attend')"
_STEPS = ", ".join(f"('{here}', '{there}')" for here, steps in STEPS.items() for there in steps)


_OWN_WORDS = {
    BookingState.REQUESTED: "Your booking waits for approval",
    BookingState.WAITING: "You are on the waiting list",
    BookingState.OFFERED: "A place is held for you",
    BookingState.CONFIRMED: "You have a place",
}


class Booking(TenantModel):
    """A person's place, or place in the queue, at one session, for one of their organisations."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="bookings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bookings")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bookings")
    job_role = models.CharField(max_length=200, blank=True, help_text="As it was when booking.")
    state = models.CharField(max_length=20, choices=BookingState.choices)
    booked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    declared = models.CharField(
        max_length=300, blank=True, help_text="What whoever booked confirmed when booking."
    )
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    coming_asked_at = models.DateTimeField(null=True, blank=True, help_text="Last asked “still coming?”.")
    coming_confirmed_at = models.DateTimeField(null=True, blank=True)
    audience_reason = models.CharField(
        max_length=300, blank=True, help_text="Why somebody outside the target audience wants to come."
    )
    swapped_from = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="swapped_to",
        help_text="The booking whose place this one took over.",
    )
    group = models.ForeignKey(
        "bookings.GroupBooking",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bookings",
        help_text="With whom it was booked, if a lead or the team booked several people at once.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=250, blank=True)
    was_late_cancellation = models.BooleanField(default=False)
    purchase_order = models.CharField(max_length=60, blank=True, help_text="A charge for it quotes this.")
    charged_as = models.CharField(
        max_length=20,
        blank=True,
        help_text="The state whose charges were last worked out; empty before that.",
    )
    calendar_sequence = models.PositiveSmallIntegerField(default=0)
    change_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were last told that the dates or the place have changed."
    )
    told = models.JSONField(default=dict, help_text="The dates and the place that the person was last told.")

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-booked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "session", "person"],
                condition=Q(state__in=LIVE),
                name="one_live_booking_per_session",
            ),
            models.UniqueConstraint(
                fields=["partnership", "person"],
                condition=Q(state=BookingState.OFFERED),
                name="one_open_offer_per_person",
            ),
            models.CheckConstraint(condition=Q(state__in=BookingState.values), name="booking_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=BookingState.OFFERED) | Q(offer_expires_at__isnull=False),
                name="offer_runs_out",
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "session", "state"], name="booking_by_session"),
            models.Index(fields=["partnership", "person", "state"], name="booking_by_person"),
            models.Index(
                fields=["partnership", "organisation", "-booked_at"], name="booking_by_organisation"
            ),
            models.Index(fields=["partnership", "-booked_at"], name="booking_by_time"),
            models.Index(fields=["partnership", "state", "-booked_at"], name="booking_by_state"),
            models.Index(fields=["partnership", "session"], name="booking_to_charge", condition=TO_CHARGE),
            models.Index(
                fields=["partnership", "offer_expires_at"],
                name="open_offer",
                condition=Q(state=BookingState.OFFERED),
            ),
            models.Index(
                fields=["partnership", "session"],
                name="still_coming_unanswered",
                condition=Q(
                    state=BookingState.CONFIRMED,
                    coming_asked_at__isnull=False,
                    coming_confirmed_at__isnull=True,
                ),
            ),
        ]
        triggers = [
            # Keeps courses.Session.places_taken; its constraint refuses a booking beyond the capacity.
            pgtrigger.Trigger(
                name="count_places",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "session_id") | pgtrigger.Delete,
                func=f"""
                    IF TG_OP <> 'INSERT' AND OLD.state IN {_HOLDS}
                        AND (TG_OP = 'DELETE' OR NEW.state NOT IN {_HOLDS} OR NEW.session_id <> OLD.session_id) THEN
                        UPDATE courses_session SET places_taken = places_taken - 1 WHERE id = OLD.session_id;
                    END IF;
                    IF TG_OP <> 'DELETE' AND NEW.state IN {_HOLDS}
                        AND (TG_OP = 'INSERT' OR OLD.state NOT IN {_HOLDS} OR NEW.session_id <> OLD.session_id) THEN
                        UPDATE courses_session SET places_taken = places_taken + 1 WHERE id = NEW.session_id;
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608 (states are literals of this file)
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="tasks_of_the_course",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("session_id"),
                condition=pgtrigger.Q(old__session_id__df=pgtrigger.F("new__session_id")),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM bookings_taskdone done
                        JOIN courses_coursetask task ON task.id = done.task_id
                        JOIN courses_session session ON session.id = NEW.session_id
                        WHERE done.booking_id = NEW.id AND task.course_id <> session.course_id
                    ) THEN
                        RAISE EXCEPTION 'a task that is ticked off is one of the course that is booked'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # The state machine of bookings.states: a step that is not drawn there is refused, whoever takes it.
            pgtrigger.Trigger(
                name="known_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func=f"""
                    IF (OLD.state, NEW.state) NOT IN ({_STEPS}) THEN
                        RAISE EXCEPTION 'a booking does not go from % to %', OLD.state, NEW.state
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.session}"

    @property
    def own_words(self) -> str:
        """How it stands, said to whoever it is for; the programme's pages show it instead of “Book”."""
        return _OWN_WORDS.get(BookingState(self.state), self.get_state_display())

    @property
    def holds_place(self) -> bool:
        """Tell whether it takes up a place."""
        return self.state in HOLDS_PLACE

    @property
    def is_in_line(self) -> bool:
        """Tell whether it stands in the queue, approved or not."""
        return self.state in IN_LINE

    @property
    def offered_until(self) -> datetime | None:
        """Until when the place that was offered is held: never beyond a deadline that has moved earlier since."""
        expires = self.offer_expires_at
        return min(expires, self.session.booking_closes_at) if expires else None

    def offer_stands(self, now: datetime) -> bool:
        """Tell whether a place is held for the person at this moment."""
        until = self.offered_until
        return self.state == BookingState.OFFERED and until is not None and until > now

    def awaits_answer(self, now: datetime) -> bool:
        """Tell whether “still coming?” was asked and not answered, and can be still."""
        asked = self.coming_asked_at is not None and self.coming_confirmed_at is None
        return asked and self.state == BookingState.CONFIRMED and self.session.starts_at > now

    @property
    def is_ended(self) -> bool:
        """Tell whether it ended without a place."""
        return self.state in ENDED

    @property
    def is_upcoming(self) -> bool:
        """Tell whether it can still be given up: a place or a place in the queue, and no register marked."""
        return self.state in UPCOMING


class AccessNeeds(TenantModel):
    """What someone needs on the day: health data, for the team and the session's trainers, deleted afterwards."""

    class Diet(models.TextChoices):
        VEGETARIAN = "vegetarian", "Vegetarian"
        VEGAN = "vegan", "Vegan"
        HALAL = "halal", "Halal"
        KOSHER = "kosher", "Kosher"
        GLUTEN_FREE = "gluten_free", "Gluten free"
        DAIRY_FREE = "dairy_free", "Dairy free"
        NUT_FREE = "nut_free", "No nuts"

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="access_needs")
    text = models.TextField(blank=True)
    diets = models.JSONField(default=list, blank=True, help_text="Codes of Diet, for the caterer's count.")
    dietary = models.TextField("other dietary needs", blank=True)

    class Meta:
        verbose_name_plural = "access needs"

    def __str__(self) -> str:
        return f"Access needs of booking {self.booking_id}"

    @property
    def has_dietary(self) -> bool:
        """Tell whether they said what they eat."""
        return bool(self.diets or self.dietary)

    @property
    def dietary_words(self) -> str:
        """What they eat, in words."""
        labels = dict(self.Diet.choices)
        words = [labels[code] for code in self.diets if code in labels]
        return ", ".join([*words, self.dietary] if self.dietary else words)


class Attendance(TenantModel):
    """Whether someone was there on one date of a session, and from when until when if not throughout."""

    class Mark(models.TextChoices):
        PRESENT = "present", "Present"
        ABSENT = "absent", "Absent"

    class How(models.TextChoices):
        TRAINER = "trainer", "marked by a trainer"
        TEAM = "team", "marked by the partnership team"
        SELF = "self", "checked in themselves"
        REPORT = "report", "from the meeting report"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="attendances")
    session_date = models.ForeignKey(SessionDate, on_delete=models.PROTECT, related_name="attendances")
    mark = models.CharField(max_length=10, choices=Mark.choices)
    arrived_late = models.DateTimeField(null=True, blank=True, help_text="When, if after the start.")
    left_early = models.DateTimeField(null=True, blank=True, help_text="When, if before the end.")
    marked_how = models.CharField(max_length=10, choices=How.choices, default=How.TRAINER)
    marked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(help_text="When the mark was made, which may be before it arrived here.")
    before = models.JSONField(
        null=True, blank=True, help_text="The mark that this one replaced, empty if none; null if undone."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "booking", "session_date"], name="one_mark_per_date"
            ),
            models.CheckConstraint(
                condition=Q(mark="present") | Q(arrived_late__isnull=True, left_early__isnull=True),
                name="only_the_present_come_and_go",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.mark}"
