"""What is sent about joining an organisation."""

from notifications.kinds import MessageKind, Placeholder, register

SUBJECT = "Joining"
_ORGANISATION = Placeholder(
    "organisation", "The organisation that somebody asked to join", "Oak Tree Nursery"
)

ASKED = MessageKind(
    purpose="join_request_asked",
    subject=SUBJECT,
    name="Request to join",
    when="Within minutes, to the organisation’s leads; where it has none, to the partnership’s own address.",
    placeholders=(
        _ORGANISATION,
        Placeholder("asker", "Who would like to join", "Siân O’Neill"),
        Placeholder("job", "What they say their job or volunteer role is", "Teaching assistant"),
    ),
    button="See the request",
    essential="Nobody can book in the organisation’s name before you decide.",
)
ACCEPTED = MessageKind(
    purpose="join_request_accepted",
    subject=SUBJECT,
    name="Request to join accepted",
    when="When the organisation’s lead or the team accepts somebody.",
    placeholders=(_ORGANISATION,),
    button="Go to your page",
    essential="It answers a request that you made.",
)
DECLINED = MessageKind(
    purpose="join_request_declined",
    subject=SUBJECT,
    name="Request to join declined",
    when="When the organisation’s lead or the team declines somebody.",
    placeholders=(
        _ORGANISATION,
        Placeholder("reason", "The reason that was given", "We don’t know you. Do you work at another site?"),
    ),
    button="Choose another organisation",
    essential="It answers a request that you made.",
)
register(ASKED, ACCEPTED, DECLINED)
