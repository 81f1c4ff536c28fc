"""What is sent about bookings."""

from notifications.kinds import BULLETIN, Category, Fact, MessageKind, Placeholder, register

SUBJECT = "Bookings"

REMINDERS = Category(
    "reminders", "Reminders of sessions", "A short reminder just before a session on which you have a place."
)

# What every message about a booking may name; a message that goes to whoever booked, for somebody without an email
# address, says that person's name instead of "you".
ABOUT_BOOKING = (
    Placeholder("course", "The course’s title", "Child Neglect Overview"),
    Placeholder("date", "The session’s first date", "12 May 2027"),
    Placeholder("day", "The first date with its day of the week", "Wednesday 12 May 2027"),
    Placeholder("time", "When the first date starts", "9:30am"),
    Placeholder("place", "The venue’s name, or “Online”", "Civic Centre"),
    Placeholder("organisation", "The organisation that the place is for", "Oak Tree Nursery"),
    Placeholder("learner", "The name of whoever the booking is for", "Siân O’Neill"),
    Placeholder("for whom", "That name in a message to whoever booked for them; else nothing", ""),
    Placeholder("you", "“you”, or the name of whoever the booking is for", "you"),
    Placeholder("your", "“your”, or for example “Siân O’Neill’s”", "your"),
    Placeholder("you have", "“you have”, or for example “Siân O’Neill has”", "you have"),
    Placeholder("you are", "“you are”, or for example “Siân O’Neill is”", "you are"),
)

_SESSION: tuple[Fact, ...] = (
    ("Course", ["Child Neglect Overview"]),
    ("Date", ["Wednesday 12 May 2027, 9:30am to 12:30pm"]),
)
WITHOUT_PLACE = _SESSION
# For whoever decides before there is a place: where it is, and not how to get there or to join.
NAMING_PLACE: tuple[Fact, ...] = (*_SESSION, ("Place", ["Civic Centre"]))
WITH_PLACE: tuple[Fact, ...] = (
    *_SESSION,
    ("Place", ["Civic Centre, 1 High Street, HR1 1AA"]),
    ("Joining instructions", ["Ask for room 3 at reception."]),
)
WITH_TASKS: tuple[Fact, ...] = (
    *WITH_PLACE,
    ("To do before you come", ["Read: Working Together, chapter 1 (20 minutes)"]),
)
INTO_DIARY = "A calendar file for each date, which puts it into the diary"
OUT_OF_DIARY = "A calendar file for each date, which takes it out of the diary"
ABOUT_PLACE = "It tells you about a place that was booked for you."


CONFIRMED = MessageKind(
    purpose="booking_confirmed",
    subject=SUBJECT,
    name="Place booked",
    when="At once when somebody gets a place.",
    placeholders=ABOUT_BOOKING,
    facts=WITH_PLACE,
    button="See or cancel the booking",
    files=INTO_DIARY,
    essential=ABOUT_PLACE,
    at_once=True,
)
WAITING = MessageKind(
    purpose="booking_waiting",
    subject=SUBJECT,
    name="On the waiting list",
    when="At once when somebody books and no place is free for them.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("position", "The place on the waiting list", "3"),
        Placeholder("why", "Why there is no place", "The session is full."),
    ),
    facts=WITHOUT_PLACE,
    button="See or leave the waiting list",
    essential="It answers a booking.",
    at_once=True,
)
REQUESTED = MessageKind(
    purpose="booking_requested",
    subject=SUBJECT,
    name="Waiting for approval",
    when="At once when somebody books and the booking needs an approval.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("approver", "Who is asked to approve it", "Bea Boss"),
        Placeholder("until", "When the request runs out", "6 May 2027 at 5pm"),
    ),
    facts=WITHOUT_PLACE,
    button="See or withdraw the booking",
    essential="It answers a booking.",
    at_once=True,
)
DECLINED = MessageKind(
    purpose="booking_declined",
    subject=SUBJECT,
    name="Not approved",
    when="When whoever must approve a booking declines it.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("approver", "Who declined it", "Bea Boss"),
        Placeholder("reason", "The reason that was given", "No cover that week"),
    ),
    facts=WITHOUT_PLACE,
    button="Find another session",
    essential="It tells you that you have no place.",
)
REQUEST_LAPSED = MessageKind(
    purpose="request_lapsed",
    subject=SUBJECT,
    name="Not approved in time",
    when="When nobody has approved a booking in time.",
    placeholders=ABOUT_BOOKING,
    facts=WITHOUT_PLACE,
    button="Find another session",
    essential="It tells you that you have no place.",
)
OFFERED = MessageKind(
    purpose="booking_offered",
    subject=SUBJECT,
    name="A place is offered",
    when="When a place comes free for whoever is next in the queue.",
    placeholders=(*ABOUT_BOOKING, Placeholder("until", "Until when the place is held", "6 May 2027 at 5pm")),
    facts=NAMING_PLACE,
    button="Take the place or let it go",
    essential="A place is held for you for a short time.",
)
OFFER_LAPSED = MessageKind(
    purpose="offer_lapsed",
    subject=SUBJECT,
    name="An offer ran out",
    when="When an offered place was not taken up in time.",
    placeholders=(*ABOUT_BOOKING, Placeholder("until", "Until when the place was held", "6 May 2027 at 5pm")),
    facts=WITHOUT_PLACE,
    button="See the session",
    essential="It tells you that you have no place.",
)
STILL_COMING = MessageKind(
    purpose="still_coming",
    subject=SUBJECT,
    name="Still coming?",
    when="Some working days before the session, as the policy says, to everybody with a place who has not answered.",
    placeholders=ABOUT_BOOKING,
    facts=WITH_PLACE,
    button="Answer now",
    essential="Somebody else may be waiting for the place.",
)
_ABOUT_APPROVAL = (
    *(one for one in ABOUT_BOOKING if one.name not in {"you", "your", "you have", "you are"}),
    Placeholder("until", "When the request runs out", "6 May 2027 at 5pm"),
)
_APPROVAL = "Somebody waits for your decision."
APPROVAL_ASKED = MessageKind(
    purpose="approval_asked",
    subject=SUBJECT,
    name="Approval asked for",
    when="At once when a booking needs an approval, to the line manager or the organisation’s lead.",
    placeholders=_ABOUT_APPROVAL,
    facts=NAMING_PLACE,
    button="Approve or decline",
    essential=_APPROVAL,
)
APPROVAL_REMINDED = MessageKind(
    purpose="approval_reminded",
    subject=SUBJECT,
    name="Reminder to approve",
    when="When nobody has decided after some working days, as the policy says.",
    placeholders=_ABOUT_APPROVAL,
    facts=NAMING_PLACE,
    button="Approve or decline",
    essential=_APPROVAL,
)
APPROVAL_ESCALATED = MessageKind(
    purpose="approval_escalated",
    subject=SUBJECT,
    name="Approval passed on to the lead",
    when="When the line manager has not decided after some working days, as the policy says, or at once when whoever "
    "was asked says that they are not the line manager.",
    placeholders=_ABOUT_APPROVAL,
    facts=(
        *NAMING_PLACE,
        ("Why you are asked", ["Bea Boss, who was asked as the line manager, has not answered yet."]),
    ),
    button="Approve or decline",
    essential=_APPROVAL,
)
APPROVAL_CHANGED = MessageKind(
    purpose="approval_changed",
    subject=SUBJECT,
    name="Approval asked for, session changed",
    when="When the dates or the place of a session change, to whoever has yet to approve a booking of it.",
    placeholders=_ABOUT_APPROVAL,
    facts=NAMING_PLACE,
    button="Approve or decline",
    essential=_APPROVAL,
)
DATES_ADDED = MessageKind(
    purpose="new_dates",
    subject=SUBJECT,
    name="New dates",
    when="When a course can be booked again, to whoever asked to be told; once.",
    placeholders=(Placeholder("course", "The course’s title", "Child Neglect Overview"),),
    facts=(
        ("Course", ["Child Neglect Overview"]),
        ("Dates", ["Wednesday 12 May 2027, Civic Centre, 9 places left"]),
    ),
    button="See the dates and book",
    essential="You asked to be told of this course, once.",
)
LIST_CLOSED = MessageKind(
    purpose="waiting_list_closed",
    subject=SUBJECT,
    name="No place came free",
    when="When booking closes and somebody is still on the waiting list.",
    placeholders=ABOUT_BOOKING,
    facts=WITHOUT_PLACE,
    button="Find another session",
    essential="It tells you that you have no place.",
)
JOINING = MessageKind(
    purpose="session_joining",
    subject=SUBJECT,
    name="Joining instructions",
    when="Some working days before the session, as the policy says, to everybody who had a place by then.",
    placeholders=ABOUT_BOOKING,
    facts=WITH_TASKS,
    button="See or cancel the booking",
    essential="It says where to be and what to bring.",
)
REMINDER = MessageKind(
    purpose="session_reminder",
    subject=SUBJECT,
    name="Reminder of a session",
    when="Shortly before the session, as the policy says.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("tasks left", "Says something if pre-course tasks are not ticked off yet", "yes"),
    ),
    facts=WITH_TASKS,
    button="See or cancel the booking",
    category=REMINDERS,
)
CHANGED = MessageKind(
    purpose="session_changed",
    subject=SUBJECT,
    name="Session changed",
    when="When the dates or the place of a session change, to everybody with a place.",
    placeholders=ABOUT_BOOKING,
    facts=WITH_PLACE,
    button="Keep the place, change it or give it up",
    files="A calendar file for each date, which moves it in the diary",
    essential=ABOUT_PLACE,
)
CHANGED_WITHOUT_PLACE = MessageKind(
    purpose="session_changed_without_place",
    subject=SUBJECT,
    name="Session changed, without a place",
    when="When the dates or the place of a session change, to everybody who waits for a place, asked for one or has an "
    "offer.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder(
            "standing", "What they have instead of a place", "You are on the waiting list for this session."
        ),
    ),
    facts=NAMING_PLACE,
    button="See or leave the queue",
    essential="It is about a session that you asked for.",
)
JOINING_CHANGED = MessageKind(
    purpose="session_joining_changed",
    subject=SUBJECT,
    name="Joining link or instructions changed",
    when="When the joining link or the joining instructions of a session change and it stays where it is, to everybody "
    "with a place.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("what has changed", "What it is that has changed", "the joining link has changed"),
    ),
    facts=WITH_PLACE,
    button="See the arrangements",
    files="A calendar file for each date, which changes it in the diary",
    essential=ABOUT_PLACE,
)
MERGED = MessageKind(
    purpose="session_merged",
    subject=SUBJECT,
    name="Sessions merged",
    when="When a session is merged into another one, to everybody who had a place on it or waited for one.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("outcome", "What has become of the booking", "Your place has moved to this session."),
        Placeholder("had a place", "Says something if it was a place, and not the waiting list", "yes"),
    ),
    facts=(*WITH_PLACE, ("Reason", ["Too few people had booked."])),
    button="Keep the place, change it or give it up",
    files="A calendar file for each date, which moves it in the diary",
    essential=ABOUT_PLACE,
)
TRANSFERRED = MessageKind(
    purpose="booking_transferred",
    subject=SUBJECT,
    name="Another session taken",
    when="At once when somebody whose session was moved, merged or cancelled takes another one.",
    placeholders=ABOUT_BOOKING,
    facts=WITH_PLACE,
    button="See or cancel the booking",
    files="A calendar file for each date, which moves it in the diary",
    essential=ABOUT_PLACE,
    at_once=True,
)
CANCELLED = MessageKind(
    purpose="booking_cancelled",
    subject=SUBJECT,
    name="Place given up",
    when="At once when a place is cancelled.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("late", "Says something if the cancellation counts as late", "yes"),
    ),
    facts=WITHOUT_PLACE,
    button="Find another session",
    files=OUT_OF_DIARY,
    essential=ABOUT_PLACE,
    at_once=True,
)
LEFT = MessageKind(
    purpose="waiting_left",
    subject=SUBJECT,
    name="Given up before there was a place",
    when="At once when somebody leaves the waiting list, lets an offered place go or takes a request back.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("outcome", "What was given up", "You have left the waiting list for this session."),
    ),
    facts=WITHOUT_PLACE,
    button="Find another session",
    essential="It answers something that was done with your booking.",
    at_once=True,
)
_COLLEAGUE = Placeholder("colleague", "The name of whoever has the place now", "Bashir Khan")
PASSED_ON = MessageKind(
    purpose="booking_passed_on",
    subject=SUBJECT,
    name="Place passed on to a colleague",
    when="When somebody’s place goes over to a colleague, to whoever had it.",
    placeholders=(
        *ABOUT_BOOKING,
        _COLLEAGUE,
        Placeholder("to be approved", "Says something if the colleague must still be approved", "yes"),
    ),
    facts=WITHOUT_PLACE,
    button="Find another session",
    files=OUT_OF_DIARY,
    essential=ABOUT_PLACE,
    at_once=True,
)
PASSED_ON_LEAD = MessageKind(
    purpose="passed_on_lead",
    subject=SUBJECT,
    name="A place was passed on, to the lead",
    when="When somebody gives their own place to a colleague, to the leads of the organisation.",
    placeholders=(*ABOUT_BOOKING, _COLLEAGUE),
    facts=WITHOUT_PLACE,
    button="See the booking",
    essential="It is about a place of the organisation that you lead.",
)
CLAIM_ASKED = MessageKind(
    purpose="claim_asked",
    subject=SUBJECT,
    name="Attach an email address to a record",
    when="When somebody who was booked without an email address gives one, to that address.",
    placeholders=(
        Placeholder("learner", "Whose record it is", "Siân O’Neill"),
        Placeholder("until", "When the link runs out", "6 May 2027 at 5pm"),
    ),
    button="Attach this address",
    essential="It proves that the address is yours.",
    at_once=True,
)
CLAIM_TO_SETTLE = MessageKind(
    purpose="claim_to_settle",
    subject=SUBJECT,
    name="A claimed address belongs to somebody else",
    when="When somebody gives an email address that another person here has, to the partnership’s own address.",
    placeholders=(
        Placeholder("learner", "Whose record was claimed", "Siân O’Neill"),
        Placeholder("other", "Who has the address", "S. O’Neill"),
    ),
    button="See the person",
    essential="It asks the team for a decision.",
)
SESSION_CANCELLED = MessageKind(
    purpose="session_cancelled",
    subject=SUBJECT,
    name="Session cancelled",
    when="When a session is cancelled, to everybody with a place or on the waiting list.",
    placeholders=(
        *ABOUT_BOOKING,
        Placeholder("had a place", "Says something if it was a place, and not the waiting list", "yes"),
        Placeholder("not approved", "Says something if nobody had approved it yet", ""),
    ),
    facts=(*WITHOUT_PLACE, ("Reason", ["The trainer is ill."])),
    button="Find another session",
    files=OUT_OF_DIARY,
    essential=ABOUT_PLACE,
)

register(
    CONFIRMED,
    WAITING,
    REQUESTED,
    DECLINED,
    REQUEST_LAPSED,
    OFFERED,
    OFFER_LAPSED,
    STILL_COMING,
    APPROVAL_ASKED,
    APPROVAL_REMINDED,
    APPROVAL_ESCALATED,
    APPROVAL_CHANGED,
    DATES_ADDED,
    LIST_CLOSED,
    JOINING,
    REMINDER,
    CHANGED,
    CHANGED_WITHOUT_PLACE,
    JOINING_CHANGED,
    MERGED,
    TRANSFERRED,
    CANCELLED,
    PASSED_ON,
    PASSED_ON_LEAD,
    CLAIM_ASKED,
    CLAIM_TO_SETTLE,
    LEFT,
    SESSION_CANCELLED,
)

TRAINING = "Trainers and team"
ABOUT_SESSION = ABOUT_BOOKING[:2]
_TRAINS = "It is about a session that you train."

TRAINER_NAMED = MessageKind(
    purpose="trainer_named",
    subject=TRAINING,
    name="Named as a trainer",
    when="When somebody is named as a trainer of a session that is open for booking.",
    placeholders=ABOUT_SESSION,
    facts=WITH_PLACE[:3],
    button="See who is coming",
    essential=_TRAINS,
)
TRAINER_CHANGED = MessageKind(
    purpose="trainer_changed",
    subject=TRAINING,
    name="A session that you train has changed",
    when="When the dates or the place of a session change, to its trainers.",
    placeholders=ABOUT_SESSION,
    facts=WITH_PLACE[:3],
    button="See who is coming",
    essential=_TRAINS,
)
TRAINER_DROPPED = MessageKind(
    purpose="trainer_dropped",
    subject=TRAINING,
    name="No longer a trainer",
    when="When somebody who was told that they train a session is no longer named.",
    placeholders=ABOUT_SESSION,
    facts=WITHOUT_PLACE,
    essential=_TRAINS,
)
TRAINER_CANCELLED = MessageKind(
    purpose="trainer_cancelled",
    subject=TRAINING,
    name="A session that you train is cancelled",
    when="When a session is cancelled, to its trainers.",
    placeholders=ABOUT_SESSION,
    facts=(*WITHOUT_PLACE, ("Reason", ["The room is flooded."])),
    essential=_TRAINS,
)
DECISION_DUE = MessageKind(
    purpose="decision_due",
    subject=TRAINING,
    name="A session has too few people",
    when="On the day to decide, to the partnership’s own address.",
    placeholders=(
        *ABOUT_SESSION,
        Placeholder("confirmed", "How many places are confirmed", "3"),
        Placeholder("needed", "How many the session needs", "6"),
    ),
    facts=WITHOUT_PLACE,
    button="Decide",
    essential="It asks the team for a decision.",
)

register(TRAINER_NAMED, TRAINER_CHANGED, TRAINER_DROPPED, TRAINER_CANCELLED, DECISION_DUE)

BULK = "Bulk messages"
# Of somebody with several bookings in the selection each value names all of them.
ABOUT_SELECTION = (
    Placeholder("course", "The title of the course that they booked", "Child Neglect Overview"),
    Placeholder("date", "The session’s first date", "12 May 2027"),
    Placeholder("place", "The venue’s name, or “Online”", "Civic Centre"),
    Placeholder("organisation", "The organisation that the place is for", "Oak Tree Nursery"),
)

BULK_ABOUT_BOOKING = MessageKind(
    purpose="bulk_about_booking",
    subject=BULK,
    name="About their bookings",
    when="When the team writes to the people of a selection about what they have booked. Such a message begins with "
    "these words.",
    placeholders=ABOUT_SELECTION,
    facts=(("Sessions", ["Child Neglect Overview, Wednesday 12 May 2027, 9:30am, Civic Centre"]),),
    essential="It is about something that you have booked.",
)
BULK_NEWS = MessageKind(
    purpose="bulk_news",
    subject=BULK,
    name="News",
    when="When the team writes news to the people of a selection. Such a message begins with these words.",
    placeholders=ABOUT_SELECTION,
    category=BULLETIN,
)

register(BULK_ABOUT_BOOKING, BULK_NEWS)
