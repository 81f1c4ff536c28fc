"""The scheduled jobs, in the order in which they run.

A job takes the partnership and the moment to act as of, and finds by itself what is still to be done: it may run
twice, at the same time, late, or be killed in between.
"""

from collections.abc import Callable
from datetime import datetime

from bookings.services import batches, bulk_messages, charges
from bookings.services.access_needs import forget_access_needs
from bookings.services.approvals import chase_approvals
from bookings.services.changes import tell_of_cancelled_sessions, tell_of_changed_sessions
from bookings.services.decisions import tell_of_decisions_due
from bookings.services.group_booking import forget_who_was_left_out
from bookings.services.held_evidence import forget_held_evidence
from bookings.services.interest import tell_of_new_dates
from bookings.services.joining import remind_of_sessions, send_joining_instructions
from bookings.services.prerequisites import forget_evidence
from bookings.services.queue import lapse_overdue, offer_places
from bookings.services.reconciliation import forget_reports
from bookings.services.register import settle_registers
from bookings.services.still_coming import ask_who_is_coming
from bookings.services.trainers import tell_trainers
from compliance.services.reports import delete_files_of_no_report, renew_reports, requeue_stuck_reports
from courses.services.copies import requeue_stuck_copies
from evaluations import jobs as evaluations
from evaluations.services.analyses import forget_analyses, requeue_stuck_analyses
from evaluations.services.analysis_files import forget_files, requeue_stuck_files
from evaluations.services.bundles import forget_bundles, requeue_stuck_bundles
from evaluations.services.counting import close_counts, count_answers
from notifications.joining import tell_of_decided_requests, tell_of_new_requests
from notifications.services.retention import forget_words
from partnerships.models import Partnership

Job = Callable[[Partnership, datetime], None]

JOBS: dict[str, dict[str, Job]] = {
    "frequent": {
        "tell of cancelled sessions": tell_of_cancelled_sessions,
        "tell of changed sessions": tell_of_changed_sessions,
        "tell trainers": tell_trainers,
        "settle registers": settle_registers,
        "tell of new requests": tell_of_new_requests,
        "tell of decided requests": tell_of_decided_requests,
        "chase approvals": chase_approvals,
        "lapse overdue": lapse_overdue,
        "offer places": offer_places,
        "tell of new dates": tell_of_new_dates,
        "ask for evaluations": evaluations.ask_for_evaluations,
        "ask trainers": evaluations.ask_trainers,
        "close surveys": evaluations.close_surveys,
        "count answers": count_answers,
        "watch for concerns": evaluations.watch_for_concerns,
        "follow observations": evaluations.follow_observations,
        "follow bookings": evaluations.follow_bookings,
        "follow line managers": evaluations.follow_line_managers,
        "issue certificates": evaluations.issue_certificates,
        "tell leads of audits": evaluations.tell_leads_of_audits,
        "requeue stuck bundles": requeue_stuck_bundles,
        "requeue stuck analyses": requeue_stuck_analyses,
        "requeue stuck analysis files": requeue_stuck_files,
        "requeue stuck reports": requeue_stuck_reports,
        "renew reports": renew_reports,
        "requeue stuck copies": requeue_stuck_copies,
        "raise charges": charges.raise_charges,
        "requeue stuck batches": batches.requeue_stuck_batches,
        "requeue stuck bulk messages": bulk_messages.requeue_stuck_bulk_messages,
    },
    "daily": {
        "send joining instructions": send_joining_instructions,
        "remind of sessions": remind_of_sessions,
        "forget access needs": forget_access_needs,
        "forget evidence": forget_evidence,
        "forget held evidence": forget_held_evidence,
        "forget who was left out": forget_who_was_left_out,
        "forget bundles": forget_bundles,
        "forget analyses": forget_analyses,
        "forget analysis files": forget_files,
        "forget meeting reports": forget_reports,
        "delete files of no report": delete_files_of_no_report,
        "ask who is coming": ask_who_is_coming,
        "tell of decisions due": tell_of_decisions_due,
        "ask before courses": evaluations.ask_before_courses,
        "ask after late registers": evaluations.ask_after_late_registers,
        "ask about impact": evaluations.ask_about_impact,
        "remind and close": evaluations.remind_and_close,
        "remind of actions": evaluations.remind_of_actions,
        "forget words of messages": forget_words,
        "forget old answers": evaluations.forget_old_answers,
        "ask organisations again": evaluations.ask_organisations_again,
        "remind and close audits": evaluations.remind_and_close_audits,
        "forget old audits": evaluations.forget_old_audits,
        "close counts": close_counts,
    },
}
