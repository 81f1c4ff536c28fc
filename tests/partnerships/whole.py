"""A partnership with at least one row in every tenant table, for proofs that go over all of them."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from bookings.models import (
    AccessNeeds,
    Approval,
    Attendance,
    Batch,
    Booking,
    BulkMessage,
    CalendarFeed,
    Charge,
    EvidenceFile,
    GroupBooking,
    HeldEvidence,
    Interest,
    Prerequisite,
    PriceBasis,
    Quota,
    ReportedMeeting,
    ReportedPerson,
    Statement,
    TaskDone,
    TrainerNotice,
    WalkIn,
)
from compliance.models import Exemption, Report, TrainingRecord
from courses.models import (
    Agreement,
    CourseSector,
    CourseTask,
    Priority,
    ProgrammeCopy,
    Requirement,
    RequirementOption,
    SchoolHoliday,
)
from evaluations.models import (
    AnalysisFile,
    Answer,
    Certificate,
    CertificateBundle,
    CertificateCounter,
    Concern,
    ConcernRedaction,
    CourseQuestionnaire,
    DipAttempt,
    DipContact,
    DipSample,
    EarlierEdition,
    EarlierOutcome,
    HandedCode,
    Invitation,
    KeptAnalysis,
    Notice,
    ObservationAction,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireVersion,
    Quote,
    Redaction,
    Reopening,
    Sharing,
    SigningKey,
    SingleAgencyAnswer,
    SingleAgencyAudit,
    Theme,
    ThemeTag,
)
from notifications.models import Message, MessagePreference, MessageTemplate
from partnerships.models import (
    AuditEntry,
    CompetencyGroup,
    JoinRequest,
    Meeting,
    Partnership,
    PolicyVersion,
    ProfileLoad,
    SubGroup,
)
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import make_partnership, make_person, make_session


def make_whole_partnership(slug: str) -> Partnership:
    """Fill every tenant table of a new partnership."""
    partnership = make_partnership(slug)
    now = timezone.now()
    with acting_in(partnership):
        where = {"partnership": partnership}
        person = make_person(partnership, Role.TRAINER)
        membership = person.memberships.get()
        session = make_session(partnership, trainers=(person,), starts_at=now - timedelta(days=3))
        policy = PolicyVersion.objects.get()
        booking = Booking.objects.create(
            **where,
            session=session,
            person=person,
            organisation=membership.organisation,
            state="attended",
            booked_at=now,
            policy_version=policy,
        )
        HandedCode.objects.create(**where, booking=booking)
        GroupBooking.objects.create(
            **where, session=session, organisation=membership.organisation, key=uuid4(), booked_at=now
        )
        AccessNeeds.objects.create(**where, booking=booking, text="Step-free access")
        earlier = Prerequisite.objects.create(
            **where, booking=booking, given_at=now, evidence_type="application/pdf"
        )
        EvidenceFile.objects.create(**where, prerequisite=earlier, content=b"%PDF-1.7")
        HeldEvidence.objects.create(
            **where,
            session=session,
            held_for=person,
            evidence_type="application/pdf",
            content=b"%PDF-1.7",
            held_at=now,
        )
        task = CourseTask.objects.create(
            **where, course=session.course, kind="read", title="T", text="x", minutes=5, position=1
        )
        CourseSector.objects.create(**where, course=session.course, sector=membership.organisation.sector)
        TaskDone.objects.create(**where, booking=booking, task=task, done_at=now)
        WalkIn.objects.create(**where, booking=booking, key=uuid4())
        Attendance.objects.create(
            **where, booking=booking, session_date=session.dates.get(), mark="present", marked_at=now
        )
        report = ReportedMeeting.objects.create(
            **where,
            session_date=session.dates.get(),
            digest=slug,
            format="zoom_meeting",
            started_at=session.starts_at,
            ended_at=session.ends_at,
            uploaded_at=now,
        )
        ReportedPerson.objects.create(
            **where, report=report, name="Ann", times={"intervals": []}, match="unknown"
        )
        batch = Batch.objects.create(**where, month=date(2026, 7, 1), lines=[], pence=6000, requested_at=now)
        Charge.objects.create(
            **where,
            organisation=membership.organisation,
            session=session,
            booking=booking,
            kind="place",
            pence=6000,
            words="Rule",
            source="§1",
            policy_version=policy,
            raised_on=now.date(),
        )
        PriceBasis.objects.create(**where, session=session)
        Statement.objects.create(
            **where, batch=batch, organisation=membership.organisation, pence=6000, pdf="x.pdf"
        )
        Agreement.objects.create(
            **where, organisation=membership.organisation, starts_on=date(2026, 1, 1), terms="Terms"
        )
        TrainerNotice.objects.create(**where, session=session, person=person)
        SchoolHoliday.objects.create(
            **where, name="Summer", first_day=date(2026, 7, 22), last_day=date(2026, 8, 31)
        )
        ProgrammeCopy.objects.create(**where, from_year=2026, chosen=[], requested_at=now, touched_at=now)
        BulkMessage.objects.create(
            **where,
            key=uuid4(),
            purpose="bulk_news",
            title="t",
            text="x",
            bookings=[booking.pk],
            people=[person.pk],
            without_email=0,
            unwanted=0,
            asked_at=now,
            touched_at=now,
        )
        Approval.objects.create(
            **where, booking=booking, rule="team", asked="team", asked_at=now, expires_at=now
        )
        Interest.objects.create(**where, person=person, course=session.course, asked_at=now)
        Quota.objects.create(
            **where, session=session, organisation=membership.organisation, places=1, releases_on=now.date()
        )
        questionnaire = Questionnaire.objects.create(**where, kind="evaluation", title="Evaluation")
        version = QuestionnaireVersion.objects.create(
            **where, questionnaire=questionnaire, number=1, published_at=now
        )
        QuestionnaireDraft.objects.create(**where, questionnaire=questionnaire, document={}, changed_at=now)
        CourseQuestionnaire.objects.create(
            **where, questionnaire=questionnaire, course=session.course, kind="evaluation"
        )
        question = Question.objects.create(
            **where, version=version, key="q", page="Page", position=1, kind="scale", text="How?"
        )
        invitation = Invitation.objects.create(
            **where,
            kind="evaluation",
            version=version,
            session=session,
            booking=booking,
            respondent=person,
            respondent_name=person.name,
            policy_version=policy,
            invited_at=now,
            closes_at=now + timedelta(days=9),
            last_asked_on=now.date(),
        )
        answer = Answer.objects.create(**where, invitation=invitation, question=question, number=4)
        Notice.objects.create(**where, invitation=invitation, reason="left", given_at=now)
        Reopening.objects.create(
            **where,
            invitation=invitation,
            opened_at=now,
            opened_by=person,
            closes_at=now + timedelta(days=9),
            reason="Was away",
        )
        Sharing.objects.create(**where, invitation=invitation, with_name="Meg", agreed_at=now)
        theme = Theme.objects.create(**where, name="Information sharing", key="1")
        ThemeTag.objects.create(**where, answer=answer, theme=theme, tagged_at=now, tagged_by=person)
        Invitation.objects.update(state="answered", answered_at=now, quoting_agreed_at=now)
        Quote.objects.create(**where, answer=answer, parts=[[0, 1]], marked_at=now, marked_by=person)
        Redaction.objects.create(
            **where,
            invitation=invitation,
            question=question,
            is_whole=True,
            reason="Named",
            redacted_at=now,
            redacted_by=person,
        )
        sample = DipSample.objects.create(
            **where,
            key=uuid4(),
            starts_on=now.date(),
            ends_on=now.date(),
            filters={},
            strata="none",
            size=1,
            with_managers=False,
            seed=1,
            frame=[["", [booking.pk]]],
            frame_hash="0",
            drawn_at=now,
            drawn_by=person,
        )
        contact = DipContact.objects.create(
            **where, sample=sample, booking=booking, role="learner", position=1
        )
        DipAttempt.objects.create(**where, contact=contact, outcome="reached", at=now, by=person)
        concern = Concern.objects.create(**where, response=invitation, signs=[], noticed_at=now)
        ConcernRedaction.objects.create(
            **where,
            concern=concern,
            text="outcome",
            is_whole=True,
            reason="It named a child",
            redacted_at=now,
            redacted_by=person,
        )
        EarlierOutcome.objects.create(
            **where,
            concern=concern,
            outcome="Spoken to",
            settled_at=now,
            settled_by=person,
            reason="Again",
            reopened_at=now,
            reopened_by=person,
        )
        ObservationAction.objects.create(
            **where,
            observation=invitation,
            text="Later slides",
            due_on=now.date(),
            agreed_at=now,
            agreed_by=person,
        )
        audited = SingleAgencyAudit.objects.create(
            **where,
            organisation=booking.organisation,
            version=invitation.version,
            policy_version=policy,
            asked_at=now,
            due_at=now,
            closes_at=now,
            last_asked_on=now.date(),
        )
        SingleAgencyAnswer.objects.create(
            **where, audit=audited, question=invitation.version.questions.first()
        )
        CertificateCounter.objects.create(**where, year=2026, last=1)
        certificate = Certificate.objects.create(
            **where,
            booking=booking,
            number=f"{slug}-1",
            policy_version=policy,
            issued_at=now,
            learner_name=person.name,
            course_title="Course",
            held_on="Today",
            hours=Decimal(3),
            issuer_name=partnership.name,
            issuer_short_name=partnership.short_name,
            issuer_colour=partnership.brand_colour,
        )
        CertificateBundle.objects.create(
            **where, organisation=booking.organisation, requested_by=person, requested_at=now
        )
        kept = KeptAnalysis.objects.create(**where, key=slug, reader="team", selection={}, requested_at=now)
        AnalysisFile.objects.create(**where, analysis=kept, ending="pdf", period="quarter", requested_at=now)
        SigningKey.objects.create(**where, kid=f"kid-{slug}", public_jwk={}, private_part="", created_at=now)
        EarlierEdition.objects.create(
            **where,
            certificate=certificate,
            edition=1,
            learner_name="Another name",
            issued_at=now,
            replaced_at=now,
            reason="Married",
        )
        group = CompetencyGroup.objects.get()
        Priority.objects.create(**where, code="A", title="Child neglect")
        requirement = Requirement.objects.create(**where, group=group, kind="required", title="Level 2")
        RequirementOption.objects.create(**where, requirement=requirement, course=session.course)
        TrainingRecord.objects.create(
            **where,
            person=person,
            title="Induction",
            provider="Us",
            completed_on=date(2026, 1, 1),
            recorded_at=now,
        )
        Exemption.objects.create(
            **where, membership=membership, requirement=requirement, reason="By statute", recorded_at=now
        )
        Report.objects.create(
            **where, starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), version=1, requested_at=now
        )
        Message.objects.create(
            **where,
            purpose="p",
            subject_key="s",
            to_name="n",
            to_email="a@b.example",
            from_name="c",
            reply_to="d@e.example",
            title="t",
            text="x",
            html="y",
        )
        CalendarFeed.objects.create(**where, person=person, covers="places")
        MessageTemplate.objects.create(**where, purpose="p", title="t", opening="o")
        MessagePreference.objects.create(**where, person=person, category="c", wanted=False)
        JoinRequest.objects.create(
            **where,
            user=person.user,
            name="N",
            email="a@b.example",
            organisation=membership.organisation,
            job_role="Nurse",
        )
        subgroup = SubGroup.objects.create(**where, name="Group", reports_to="Board")
        Meeting.objects.create(**where, subgroup=subgroup, starts_at=now)
        ProfileLoad.objects.create(**where, document={})
        AuditEntry.objects.create(**where, actor="x", action="y", subject_type="z", subject_id=1)
    return partnership
