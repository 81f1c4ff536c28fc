"""What the team of the demonstration has made of people's own words: most tagged, some quoted, some still to read."""

from django.db.models import Count, F

from evaluations.models import Answer, Invitation, Theme, ThemeTag
from evaluations.queries.free_texts import free_texts
from evaluations.quoting import is_asked_to_be_quoted
from evaluations.services.quotes import mark_quote
from evaluations.services.tagging import Retagging, tag_answers
from partnership_portal.demo.cast import PARTS
from partnerships.actors import Actor, actor_of
from partnerships.models import Partnership, Person
from partnerships.tenancy import acting_in

# By a few words of the answer, the codes of its themes.
_ABOUT = {
    "ordinary day": ("voice-of-the-child",),
    "threshold document": ("thresholds",),
    "chronology to supervision": ("supervision",),
    "Challenge when": ("challenge",),
    "seven-minute briefing": ("information-sharing",),
    "fathers and partners": ("professional-curiosity",),
    "short plan with the family": ("voice-of-the-child", "multi-agency"),
    "group supervision": ("supervision",),
    "contact the school": ("information-sharing", "multi-agency"),
    "disengaged": ("professional-curiosity", "challenge"),
    "three of us talked": ("multi-agency", "information-sharing"),
    "one worker": ("multi-agency",),
    "Caseload": ("time",),
    "manager’s agreement": ("supervision", "time"),
    "says much more clearly": ("voice-of-the-child",),
    "different organisations": ("multi-agency",),
}
_QUOTED = {
    "ordinary day": "I will ask what life is like for the child on an ordinary day […]",
    "three of us talked": "A child is back in nursery four mornings a week because three of us talked to each other.",
    "contact the school": "I contact the school before the meeting and not after it.",
    "says much more clearly": "His records say much more clearly what the child says.",
}
_READ_WHOLE = 3
_MOST = 200


def make_something_of_their_words(partnership: Partnership) -> None:
    """Let half of the people agree to be quoted, and the team tag and quote, once."""
    with acting_in(partnership):
        if ThemeTag.objects.filter(partnership=partnership).exists():
            return
        part = next(one for one in PARTS if one.key == "team")
        person = Person.objects.get(partnership=partnership, email_key=part.email(partnership.slug))
        team = actor_of(person.user, partnership)
        _agree(team)
        _tag(team)
        _quote(team)


def _agree(team: Actor) -> None:
    """Every second of those who were asked had ticked the box."""
    texts = free_texts(team).select_related("question", "invitation")
    agreed = {
        one.invitation_id
        for one in texts
        if one.invitation_id % 2 == 0 and is_asked_to_be_quoted(one.invitation.kind, [one])
    }
    Invitation.objects.filter(pk__in=agreed).update(quoting_agreed_at=F("answered_at"))


def _tag(team: Actor) -> None:
    """The sessions with most answers are read whole, of the others a part."""
    themes = {one.code: one.pk for one in Theme.objects.visible_to(team).offered()}
    written = free_texts(team).values("invitation__session").annotate(n=Count("pk")).order_by("-n")
    whole = {row["invitation__session"] for row in written[:_READ_WHOLE]}
    texts = free_texts(team).select_related("invitation").order_by("pk")
    chosen = [one for one in texts if one.invitation.session_id in whole or one.pk % 3 == 0][:_MOST]
    changes = [Retagging(one.pk, frozenset(_themes_of(one, themes)), frozenset()) for one in chosen]
    tag_answers(actor=team, changes=changes)


def _themes_of(answer: Answer, themes: dict[str, int]) -> list[int]:
    codes = next((codes for words, codes in _ABOUT.items() if words in answer.text), ("something-else",))
    return [themes[code] for code in codes if code in themes]


def _quote(team: Actor) -> None:
    """Each of a few sentences once, from somebody who agreed."""
    agreed = free_texts(team).filter(invitation__quoting_agreed_at__isnull=False)
    for words, shown in _QUOTED.items():
        answer = agreed.filter(text__contains=words).order_by("pk").first()
        if answer is not None:
            mark_quote(actor=team, answer=answer, words=shown)
