"""The messages to the leads of an organisation that is asked about its own training."""

from datetime import datetime

from evaluations.message_kinds import AUDIT_ASKED, AUDIT_GIVEN_BACK, AUDIT_REMINDER
from evaluations.models import SingleAgencyAudit
from evaluations.queries.single_agency_audits import leads_of
from notifications.kinds import MessageKind
from notifications.outbox import Envelope, queue_messages
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnerships.links import absolute


def about_audit(audited: SingleAgencyAudit) -> str:
    """What every message about an audit is about; those unsent are dropped by it once nobody is to answer any more."""
    return f"single-agency-audit:{audited.pk}"


def tell_asked(audited: SingleAgencyAudit) -> bool:
    """Tell the leads that their organisation is asked, and until when; tells whether there is anybody to tell."""
    return _tell(audited, AUDIT_ASKED, "asked")


def tell_reminder(audited: SingleAgencyAudit) -> bool:
    """Remind the leads, once a day."""
    return _tell(audited, AUDIT_REMINDER, f"reminder:{audited.last_asked_on.isoformat()}")


def tell_given_back(audited: SingleAgencyAudit, now: datetime) -> bool:
    """Tell the leads what is to be put right; each time that it is said anew, it is another message."""
    return _tell(audited, AUDIT_GIVEN_BACK, f"given-back:{now:%Y%m%d%H%M%S%f}")


def _tell(audited: SingleAgencyAudit, kind: MessageKind, occasion: str) -> bool:
    leads = leads_of(audited)
    values = {
        "organisation": audited.organisation.name,
        "due": uk_date(audited.due_at),
        "closes": uk_datetime(audited.closes_at),
        "what is wrong": audited.given_back_because,
    }
    queue_messages(
        partnership=audited.partnership,
        purpose=kind.purpose,
        envelopes=[
            Envelope(
                f"{about_audit(audited)}:{occasion}",
                values={one.name: values[one.name] for one in kind.placeholders},
                link=absolute("evaluations:our_audit", partnership=audited.partnership.slug, pk=audited.pk),
                person=lead,
                no_later_than=audited.closes_at,
            )
            for lead in leads
        ],
    )
    return bool(leads)
