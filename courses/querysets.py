"""Which courses and sessions somebody may see, and which are open."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import F, Q

from partnerships.permissions import Permission

if TYPE_CHECKING:
    from partnerships.actors import Actor


class CourseQuerySet(models.QuerySet):
    """Courses of one partnership."""

    def published(self) -> Self:
        """Courses that everybody may see."""
        return self.filter(status="published")

    def visible_to(self, actor: "Actor") -> Self:
        """Everybody sees what is published; those who plan the programme see drafts and past offers too."""
        courses = self.filter(partnership=actor.partnership)
        return courses if actor.may(Permission.PLAN_PROGRAMME) else courses.published()

    def matching(self, words: str) -> Self:
        """Courses that contain the words, best first."""
        query = SearchQuery(words, search_type="websearch", config="english")
        return (
            self.filter(search=query).annotate(rank=SearchRank(F("search"), query)).order_by("-rank", "title")
        )


class RequirementQuerySet(models.QuerySet):
    """Requirements of one partnership."""

    def with_courses(self) -> Self:
        """Read the courses that meet and renew them as well (one query more)."""
        from courses.models import RequirementOption

        options = RequirementOption.objects.select_related("course")
        return self.prefetch_related(models.Prefetch("options", options))


class SessionQuerySet(models.QuerySet):
    """Sessions of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Everybody sees sessions that were once published; the planners see drafts too; trainers their own."""
        sessions = self.filter(partnership=actor.partnership)
        if actor.may(Permission.PLAN_PROGRAMME):
            return sessions
        shown = ~Q(status="draft") & Q(cancelled_as_draft=False) & ~Q(course__status="draft")
        if actor.person is not None and actor.may(Permission.SEE_OWN_SESSIONS):
            return sessions.filter(shown | Q(pk__in=actor.person.trained_sessions.values("session_id")))
        return sessions.filter(shown)

    def trained_by(self, actor: "Actor") -> Self:
        """Sessions that the actor trains."""
        return self.filter(partnership=actor.partnership, trainer_links__person=actor.person)

    def coming(self, now: datetime) -> Self:
        """Published sessions of published courses that have not begun, soonest first."""
        return self.filter(status="published", course__status="published", starts_at__gt=now).order_by(
            "starts_at", "pk"
        )

    def for_staff_of(self, organisations: Iterable[int]) -> Self:
        """Sessions that the staff of these organisations may book: open to all, or their own organisation's."""
        own = Q(single_agency_for__in=organisations)
        return self.filter(Q(single_agency_for__isnull=True) | Q(opened_to_others=True) | own)

    def offered_to(self, actor: "Actor") -> Self:
        """What the programme offers a reader: one organisation's own sessions to its staff and the planners alone."""
        if actor.may(Permission.PLAN_PROGRAMME):
            return self
        return self.for_staff_of(actor.organisation_ids)


class VenueQuerySet(models.QuerySet):
    """Venues of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Everybody sees where sessions are held."""
        return self.filter(partnership=actor.partnership)


class SchoolHolidayQuerySet(models.QuerySet):
    """School holidays of one partnership's area."""

    def visible_to(self, actor: "Actor") -> Self:
        """Whoever plans may know when schools are closed; it is no secret."""
        return self.filter(partnership=actor.partnership)


class CourseTaskQuerySet(models.QuerySet):
    """Pre-course tasks of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Everybody may know what is to be done before a published course; the planners, before any."""
        tasks = self.filter(partnership=actor.partnership)
        return tasks if actor.may(Permission.PLAN_PROGRAMME) else tasks.filter(course__status="published")


class ProgrammeCopyQuerySet(models.QuerySet):
    """Copies of a year's programme."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those who plan the programme see them."""
        copies = self.filter(partnership=actor.partnership)
        return copies if actor.may(Permission.PLAN_PROGRAMME) else copies.none()


class AgreementQuerySet(models.QuerySet):
    """Agreements with organisations about single-agency use of the booking system."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation."""
        agreements = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_CHARGES):
            return agreements
        return agreements.filter(organisation__in=actor.led_organisation_ids)

    def in_force(self, day: date) -> Self:
        """Agreements that hold on a day."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)
