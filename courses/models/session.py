from collections.abc import Collection

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import localtime

from courses.models.course import Course
from courses.querysets import SessionQuerySet, VenueQuerySet
from partnership_portal.working_days import UK
from partnerships.models import Organisation, Person
from partnerships.tenancy import TenantModel


class Venue(TenantModel):
    """A place where sessions are held."""

    name = models.CharField(max_length=200)
    address = models.TextField()
    postcode = models.CharField(max_length=10)
    access = models.TextField("getting there and getting in", blank=True)

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["partnership", "name"], name="one_venue_per_name")]

    def __str__(self) -> str:
        return self.name


class Session(TenantModel):
    """One dated delivery of a course, over one or several dates.

    ``starts_at`` and ``ends_at`` repeat the first and last of its dates so that lists can be sorted by an index.
    ``places_taken`` is kept by a database trigger on bookings, and the constraint on it is what no booking gets past.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Open for booking"
        CANCELLED = "cancelled", "Cancelled"

    class Decision(models.TextChoices):
        """What the team decided about a session with fewer people than it needs."""

        GO_AHEAD = "go_ahead", "Goes ahead"
        CANCELLED = "cancelled", "Cancelled"
        MERGED = "merged", "Merged with another session"
        POSTPONED = "postponed", "Decision postponed"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions")
    joining_link = models.URLField(max_length=500, blank=True, help_text="Shown to the booked only.")
    capacity = models.PositiveSmallIntegerField()
    minimum = models.PositiveSmallIntegerField(default=0)
    places_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    booking_closes_at = models.DateTimeField()
    joining_instructions = models.TextField(blank=True)
    series = models.UUIDField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=250, blank=True)
    cancelled_as_draft = models.BooleanField(default=False, editable=False)
    lecture_style = models.BooleanField(default=False)
    lecture_style_reason = models.CharField(max_length=250, blank=True)
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="copies"
    )
    copied_for_year = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged_here"
    )
    decision = models.CharField(max_length=12, choices=Decision.choices, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decision_note = models.CharField(max_length=250, blank=True, editable=False)
    decide_again_on = models.DateField(null=True, blank=True, editable=False)
    cost_pence = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What rules that charge at cost ask for: a place, or the whole session.",
    )
    single_agency_for = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="own_sessions",
        help_text="The organisation that trains its own staff here, under an agreement.",
    )
    opened_to_others = models.BooleanField(
        default=False, help_text="A single-agency session that is open to everybody, within the priorities."
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gte=1), name="session_has_places"),
            models.CheckConstraint(
                condition=Q(places_taken__lte=F("capacity")), name="session_never_overbooked"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"),
            models.CheckConstraint(
                condition=Q(booking_closes_at__lte=F("starts_at")), name="booking_closes_before_start"
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(venue__isnull=False) | ~Q(joining_link=""),
                name="published_session_has_a_place",
            ),
            models.CheckConstraint(
                condition=Q(lecture_style=False) | ~Q(lecture_style_reason=""),
                name="lecture_style_has_a_reason",
            ),
            # Copying a year's programme again makes nothing twice.
            models.UniqueConstraint(
                fields=["partnership", "copied_from", "copied_for_year"],
                condition=Q(copied_for_year__isnull=False) & ~Q(status="cancelled"),
                name="session_copied_once_a_year",
            ),
            models.CheckConstraint(
                condition=Q(opened_to_others=False) | Q(single_agency_for__isnull=False),
                name="only_single_agency_sessions_are_opened",
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "starts_at"], name="session_by_start"),
            models.Index(fields=["partnership", "ends_at"], name="session_by_end"),
            models.Index(fields=["partnership", "course", "starts_at"], name="session_by_course"),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {localtime(self.starts_at, UK):%d %B %Y}"

    @property
    def places_left(self) -> int:
        """Places that nobody holds."""
        return max(self.capacity - self.places_taken, 0)

    @property
    def places_words(self) -> str:
        """The places left in words."""
        return f"{self.places_left or 'No'} place{'' if self.places_left == 1 else 's'} left"

    @property
    def is_full(self) -> bool:
        """Tell whether every place is held, so that a newcomer joins the waiting list."""
        return self.places_left == 0

    @property
    def is_online(self) -> bool:
        """Tell whether people join by a link."""
        return self.venue_id is None

    @property
    def is_single_agency(self) -> bool:
        """Tell whether one organisation uses the booking system for its own staff alone."""
        return self.single_agency_for_id is not None and not self.opened_to_others

    def is_for_staff_of(self, organisations: Collection[int]) -> bool:
        """Tell whether the staff of one of these organisations may come: anybody's, unless it is another one's own."""
        return not self.is_single_agency or self.single_agency_for_id in organisations

    @property
    def place(self) -> str:
        """Where it is held, without the joining link."""
        return self.venue.name if self.venue else "Online"


class SessionDate(TenantModel):
    """One date of a session, with a register of its own."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="dates")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="date_ends_after_start"),
            models.UniqueConstraint(
                fields=["partnership", "session", "starts_at"], name="one_date_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{localtime(self.starts_at, UK):%d %B %Y %H:%M}"


class SessionTrainer(TenantModel):
    """Somebody who trains a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trainer_links")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trained_sessions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "session", "person"], name="trainer_named_once")
        ]
        indexes = [models.Index(fields=["partnership", "person"], name="sessions_by_trainer")]

    def __str__(self) -> str:
        return f"{self.person} trains {self.session}"
