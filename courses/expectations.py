"""What the partnership's policy means for a course, in words that learners read."""

from courses.models import Course
from courses.prices import course_price
from partnership_portal.templatetags.portal import pence
from partnerships.charging import Price, concerns
from partnerships.policy import (
    CertificateRelease,
    ChargeKind,
    ChargeRule,
    EvaluationRule,
    ImpactRule,
    LineManagerRule,
    Policy,
    PreCourseRule,
    PrerequisiteRule,
    TrainerFeedbackRule,
    Window,
)


def expectations(course: Course, policy: Policy) -> list[str]:
    """What is expected of participants: time, evaluation, longer-term impact, line manager."""
    duration = course.duration.rstrip(".")
    found = [f"Take part in all of it: {duration[:1].lower()}{duration[1:]}."]
    rule = policy.booking.prerequisite.value
    if rule is PrerequisiteRule.SINGLE_AGENCY_FIRST and course.asks_prerequisite:
        found.append("Complete your own organisation’s child protection training first.")
    if rule is PrerequisiteRule.PRE_COURSE_TASKS:
        found.append(
            "Complete any pre-course tasks, and agree with your manager that you are released for the time."
        )
    if asks_before(course, policy):
        found.append("Answer a few questions before the course, so that it fits those who take part.")
    if asks_evaluation(course, policy):
        found.append("Complete a short evaluation at the end.")
    if asks_learners(course, policy):
        found.append(
            f"Tell us {in_words(policy.impact.window.value)} later what has changed in your practice."
        )
    match policy.impact.line_manager.value:
        case LineManagerRule.COURSES_THAT_ASK if course.asks_line_manager:
            found.append("Your line manager is asked about the impact too.")
        case LineManagerRule.DIP_SAMPLE:
            found.append("You and your line manager may be chosen for a short interview about the impact.")
    return found


def asks_before(course: Course, policy: Policy) -> bool:
    """Tell whether those with a place get the pre-course questionnaire."""
    rule = policy.pre_course.courses.value
    return rule is PreCourseRule.ALL_COURSES or (
        rule is PreCourseRule.COURSES_THAT_ASK and course.asks_pre_course
    )


def asks_evaluation(course: Course, policy: Policy) -> bool:
    """Tell whether those who attend are asked for an evaluation."""
    return course.asks_evaluation or not leaves_evaluation(policy)


def leaves_evaluation(policy: Policy) -> bool:
    """Tell whether it is for the course to ask for an evaluation; never where the certificate waits for it."""
    return (
        policy.evaluation.courses.value is EvaluationRule.COURSES_THAT_ASK
        and policy.certificate.release.value is not CertificateRelease.AFTER_EVALUATION
    )


def asks_trainers(course: Course, policy: Policy) -> bool:
    """Tell whether its trainers are asked for their own account of a session."""
    rule = policy.trainers.feedback_after_session.value
    return rule is TrainerFeedbackRule.ALL_COURSES or (
        rule is TrainerFeedbackRule.COURSES_THAT_ASK and course.asks_trainer_feedback
    )


def asks_learners(course: Course, policy: Policy) -> bool:
    """Tell whether those who attend are asked about the impact later."""
    return course.asks_impact or not leaves_impact(policy)


def leaves_impact(policy: Policy) -> bool:
    """Tell whether it is for the course to ask about the impact; never where the certificate waits for it."""
    return (
        policy.impact.learners.value is ImpactRule.COURSES_THAT_ASK
        and policy.certificate.release.value is not CertificateRelease.AFTER_IMPACT
    )


def left_to_courses(policy: Policy) -> dict[str, bool]:
    """By the tick of a course, whether it decides anything; elsewhere the policy says the same of all courses."""
    return {
        "asks_pre_course": policy.pre_course.courses.value is PreCourseRule.COURSES_THAT_ASK,
        "asks_evaluation": leaves_evaluation(policy),
        "asks_impact": leaves_impact(policy),
        "asks_line_manager": policy.impact.line_manager.value is LineManagerRule.COURSES_THAT_ASK,
        "asks_trainer_feedback": policy.trainers.feedback_after_session.value
        is TrainerFeedbackRule.COURSES_THAT_ASK,
    }


def in_words(window: Window) -> str:
    """Write a span, such as 3 to 6 months."""
    return f"{window.first} to {window.last} {window.unit}"


def certificate_rule(policy: Policy) -> str:
    """When the certificate is issued."""
    percent = policy.certificate.attendance_percent.value
    attended = "attended every date" if percent == 100 else f"attended at least {percent}% of the dates"
    match policy.certificate.release.value:
        case CertificateRelease.AFTER_ATTENDANCE:
            return f"You get your certificate when you have {attended}."
        case CertificateRelease.AFTER_EVALUATION:
            return f"You get your certificate when you have {attended} and completed the evaluation."
        case CertificateRelease.AFTER_IMPACT:
            when = in_words(policy.impact.window.value)
            return (
                f"You get your certificate when you have {attended} and, {when} later, told us what has changed "
                "in your practice."
            )


def charges(course: Course, policy: Policy, charging_class: str | None) -> list[str]:
    """What the course costs; for somebody whose charging class is known, the one price that holds for them.

    Places come first, then not turning up and cancelling late.
    """
    if charging_class is not None:
        prices = [
            course_price(kind, course, policy, charging_class)
            for kind in (ChargeKind.PLACE, ChargeKind.NON_ATTENDANCE, ChargeKind.LATE_CANCELLATION)
        ]
        return [price_words(one) for one in prices if one.is_stated or one.kind is ChargeKind.PLACE]
    places = _rules(ChargeKind.PLACE, course, policy)
    if all(rule.pence == 0 and not rule.at_cost for rule in places):
        found = ["Free."]
    else:
        found = [rule.words for rule in places]
    for kind in (ChargeKind.NON_ATTENDANCE, ChargeKind.LATE_CANCELLATION):
        found += [rule.words for rule in _rules(kind, course, policy)]
    return found


def price_words(price: Price) -> str:
    """A price with the words of its rule, such as: £60. Introduction and Advanced are paid for."""
    before = {ChargeKind.NON_ATTENDANCE: "Not attending: ", ChargeKind.LATE_CANCELLATION: "Cancelling late: "}
    about = before.get(price.kind, "")
    if price.pence:
        return f"{about}{pence(price.pence)}. {price.words}"
    if price.is_free and price.is_stated:
        return f"{about}{'free' if about else 'Free'}. {price.words}"
    return "Free." if price.is_free else price.words


def _rules(kind: ChargeKind, course: Course, policy: Policy) -> list[ChargeRule]:
    """Every rule that decides for somebody: up to the first that holds for all."""
    found = []
    for rule in policy.charging.rules:
        if concerns(rule, kind, course.charge_band):
            found.append(rule)
            if not rule.classes:
                break
    return found
