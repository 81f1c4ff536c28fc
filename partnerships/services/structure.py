"""The frame of a partnership as its file describes it: itself, sectors, organisations, groups, the sub-group."""

from datetime import time
from typing import Any

from django.db import models

from partnership_portal.working_days import add_months, add_working_days, uk_moment, uk_now
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import CompetencyGroup, Meeting, Organisation, Partnership, Sector, SubGroup
from partnerships.permissions import Permission, require
from partnerships.profile import PartnershipProfile
from partnerships.services.profile_ledger import Item, Ledger

_DETAILS = (
    "name",
    "short_name",
    "area",
    "strategy_title",
    "brand_colour",
    "accent_colour",
    "coordinator_name",
    "coordinator_email",
    "coordinator_phone",
    "website",
)
_GROUP = ("title", "who", "refresher_months", "exemptions", "section", "position")
_MEETINGS_BEGIN = time(10, 0)


def found_partnership(*, profile: PartnershipProfile) -> tuple[Partnership, bool]:
    """Make the partnership that a file describes, or lock it if it is there; tells whether it is new.

    Nobody can act in a partnership before there is one, so this takes no actor; ``load_structure`` writes it to the
    audit trail.
    """
    partnership, is_new = Partnership.objects.get_or_create(
        slug=profile.slug, defaults={name: getattr(profile, name) for name in _DETAILS}
    )
    return Partnership.objects.select_for_update(no_key=True).get(pk=partnership.pk), is_new


def load_structure(*, actor: Actor, ledger: Ledger, document: Item, is_new: bool) -> None:
    """Bring the partnership's frame in line with its file (needs ``acting_in``)."""
    require(actor, Permission.MANAGE_PEOPLE)
    _partnership(actor, ledger, document["partnership"], is_new)
    _sectors(actor, ledger, document["sectors"])
    _organisations(actor, ledger, document["organisations"])
    _groups(actor, ledger, document["groups"])
    _subgroup(actor, ledger, document["subgroup"])


def drop_groups(*, actor: Actor, ledger: Ledger, document: Item) -> None:
    """Take out the groups and sectors that the file no longer names; last, when nothing of the file needs them."""
    require(actor, Permission.MANAGE_PEOPLE)
    rows: list[tuple[str, type[models.Model], str]] = [
        ("groups", CompetencyGroup, "group"),
        ("sectors", Sector, "sector"),
    ]
    for name, model, what in rows:
        gone = {item["code"] for item in ledger.items(name)} - {item["code"] for item in document[name]}
        # From the top of the ladder down, since a group is built on those before it.
        named = model._default_manager.filter(partnership=actor.partnership, code__in=gone)
        for row in named.order_by("-position"):
            ledger.drop(row, what=f"{what} “{row}”")


def _partnership(actor: Actor, ledger: Ledger, item: Item, is_new: bool) -> None:
    partnership = actor.partnership
    what = f"partnership “{item['name']}”"
    if is_new:
        ledger.created.append(what)
        audit.record(actor, "partnerships.found_partnership", partnership, after={"slug": partnership.slug})
        return
    ledger.settle(
        Partnership.objects.filter(pk=partnership.pk),
        what=what,
        said=ledger.said(item, ledger.last.get("partnership")),
        values={name: item[name] for name in _DETAILS},
        new={},
    )


def _sectors(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    before = _numbered(ledger.items("sectors"), "code")
    for code, item in _numbered(items, "code").items():
        ledger.settle(
            Sector.objects.filter(partnership=actor.partnership, code=code),
            what=f"sector “{item['name']}”",
            said=ledger.said(item, before.get(code)),
            values={"name": item["name"], "position": item["position"]},
            new={"code": code},
        )


def _organisations(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    sectors = {sector.code: sector for sector in Sector.objects.filter(partnership=actor.partnership)}
    before = {item["name"].lower(): item for item in ledger.items("organisations")}
    for item in items:
        key = item["name"].lower()
        rows = Organisation.objects.filter(partnership=actor.partnership, name_key=key)
        if key in before and not rows.exists():
            # The team has renamed it since: it does not come back under its old name.
            ledger.unchanged += 1
            continue
        ledger.settle(
            rows,
            what=f"organisation “{item['name']}”",
            said=ledger.said(item, before.get(key)),
            values={"sector": sectors[item["sector"]], "charging_class": item["charging_class"]},
            new={"name": item["name"]},
        )


def _groups(actor: Actor, ledger: Ledger, items: list[Item]) -> None:
    before = _numbered(ledger.items("groups"), "code")
    rows: dict[str, CompetencyGroup] = {}
    for code, item in _numbered(items, "code").items():
        rows[code] = ledger.settle(
            CompetencyGroup.objects.filter(partnership=actor.partnership, code=code),
            what=f"group “{item['title']}”",
            said=ledger.said(item, before.get(code)),
            values={
                **{name: item[name] for name in _GROUP},
                "builds_on": rows.get(item["builds_on"]),
            },
            new={"code": code},
        )


def _subgroup(actor: Actor, ledger: Ledger, item: Item) -> None:
    before = ledger.last.get("subgroup")
    # Known by the name it had at the last load, so that a new name keeps its meetings and papers.
    known_as = {item["name"], before["name"] if before else item["name"]}
    subgroup = ledger.settle(
        SubGroup.objects.filter(partnership=actor.partnership, name__in=known_as),
        what=f"sub-group “{item['name']}”",
        said=ledger.said(item, before),
        values={"name": item["name"], "reports_to": "\n".join(item["reports_to"]), "remit": item["remit"]},
        new={},
    )
    _plan_meetings(actor, ledger, subgroup, item)


def _plan_meetings(actor: Actor, ledger: Ledger, subgroup: SubGroup, item: Item) -> None:
    """Put a year's meetings into the diary when none is coming; the group moves them as it likes."""
    now = uk_now()
    if subgroup.meetings.filter(starts_at__gt=now).exists():
        return
    for number in range(item["meetings_a_year"]):
        month = add_months(now.date().replace(day=1), 1 + number * 12 // item["meetings_a_year"])
        day = add_working_days(month, 8)
        if item["meetings_a_year"] > 12:
            day = add_working_days(month, 8 + number % 2 * 9)
        meeting = Meeting.objects.create(
            partnership=actor.partnership,
            subgroup=subgroup,
            starts_at=uk_moment(day, _MEETINGS_BEGIN),
            papers_due_on=add_working_days(day, -item["papers_working_days"]),
        )
        ledger.created.append(f"meeting of the sub-group on {day:%-d %B %Y}")
        audit.record(
            actor, "partnerships.plan_meeting", meeting, after={"starts_at": meeting.starts_at.isoformat()}
        )


def _numbered(items: list[Item], key: str) -> dict[str, dict[str, Any]]:
    return {item[key]: {**item, "position": position} for position, item in enumerate(items, start=1)}
