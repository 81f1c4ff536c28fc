from django.db import models

from bookings.meeting_reports.matching import Match
from bookings.meeting_reports.report import Attendee, ReportFormat
from bookings.models.booking import Booking
from courses.models import SessionDate
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class ReportedMeeting(TenantModel):
    """A report of Microsoft Teams or Zoom about one date of a session: what it says, never the file itself.

    A meeting that was started again has a report for each start; they are added together. ``digest`` knows the same
    file again. Once the names are deleted (``forgotten_at``), only that it was used remains.
    """

    session_date = models.ForeignKey(SessionDate, on_delete=models.CASCADE, related_name="reported_meetings")
    digest = models.CharField(max_length=64)
    format = models.CharField(max_length=20, choices=[(one.value, one.label) for one in ReportFormat])
    title = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    notes = models.JSONField(default=list, blank=True)
    uploaded_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "session_date", "digest"], name="one_report_per_file_and_date"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()}, {self.started_at:%d %B %Y %H:%M}"


class ReportedPerson(TenantModel):
    """One entry of a meeting report: a name, an address if there is one, the times, and which booking it is."""

    report = models.ForeignKey(ReportedMeeting, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    is_host = models.BooleanField(default=False)
    times = models.JSONField()
    match = models.CharField(max_length=10, choices=[(one.value, one.name.capitalize()) for one in Match])
    why = models.CharField(max_length=300, blank=True)
    suggestions = models.JSONField(default=list, blank=True, help_text="Keys of the bookings that it may be.")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(match="matched")
                | models.Q(booking__isnull=True)
                | models.Q(decided_at__isnull=False),
                name="only_sure_matches_settle_themselves",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.report}"

    @property
    def is_open(self) -> bool:
        """Tell whether a person still has to say who this is."""
        return self.match == Match.PROBABLE and self.decided_at is None

    @property
    def attendee(self) -> Attendee:
        """The entry as the report gave it."""
        return Attendee.from_times(self.name, self.email, self.times)
