"""What a heading means, in the languages in which Teams and Zoom write their reports.

The headings are known by the beginnings of their words, not by heart, so that a changed wording ("Join Time", "Time
joined") is still understood: English, Welsh, German, French, Spanish and Polish.
"""

import re
from enum import StrEnum
from functools import lru_cache

from bookings.meeting_reports.words import plain, without_brackets


class Column(StrEnum):
    """What stands in a column."""

    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    EMAIL = "email"
    ACCOUNT = "account"
    ROLE = "role"
    ACTION = "action"
    MOMENT = "moment"
    JOINED = "joined"
    LEFT = "left"
    FIRST_JOINED = "first joined"
    LAST_LEFT = "last left"
    DURATION = "duration"
    ATTENDED = "attended"
    WAITING = "waiting"
    GUEST = "guest"
    TITLE = "title"
    STARTED = "started"
    ENDED = "ended"


C = Column
_EXACT = {
    C.NAME: "name|full name|user name|display name|participant name|attendee name|participant|"
    "vollstandiger name|benutzername|anzeigename|nom|nom complet|nom d utilisateur|nom et prenom|"
    "nombre|nombre completo|nombre de usuario|nombre y apellidos|nazwa|pelna nazwa|imie i nazwisko|"
    "pelne imie i nazwisko|nazwa uzytkownika|enw|enw llawn",
    C.FIRST_NAME: "first name|vorname|prenom|nombre de pila|imie|enw cyntaf",
    C.LAST_NAME: "last name|surname|nachname|nom de famille|apellido|apellidos|nazwisko|cyfenw|enw olaf",
    C.ROLE: "role|rolle|rol|rola|papel|rol y gwr",
    C.GUEST: "guest|gast|invite|invitado|gosc|gwestai",
    C.ATTENDED: "attended|teilgenommen|a participe|present|asistio|uczestniczyl|mynychodd",
    C.WAITING: "in waiting room|waiting room|im warteraum|en salle d attente|en sala de espera|w poczekalni|"
    "yn yr ystafell aros",
}
_KNOWN = {words: column for column, all_words in _EXACT.items() for words in all_words.split("|")}

_FIRST = ("first", "erst", "zuerst", "premi", "primer", "pierwsz", "cyntaf", "gyntaf")
_LAST = ("last", "letzt", "zuletzt", "derni", "ultim", "ostatni", "olaf", "diwethaf", "ddiwethaf")
_JOIN = (
    *("join", "beitr", "beigetret", "teilnahme", "arriv", "entree", "connexion", "participation", "rejoin"),
    *("union", "unio", "unirse", "incorpor", "ingres", "entrada", "acces", "dolacz", "wejsc", "ymun"),
)
_LEAVE = (
    *(
        "leave",
        "left",
        "verlass",
        "verliess",
        "austritt",
        "sortie",
        "deconnexion",
        "salida",
        "salio",
        "abandon",
    ),
    *("opuszcz", "opusc", "wyjsc", "gadael", "gadaw", "ymada"),
)
_LEAVE_WORDS = {"depart", "departure", "partida"}
_EMAIL = ("mail", "email", "courriel", "correo", "messagerie", "ebost")
_DURATION = ("duration", "duree", "duracion")
_DURATION_PHRASES = ("dauer", "time in session", "time in meeting", "czas trwania", "czas w ")
_MOMENT = ("timestamp", "zeitstempel", "horodat")
_MOMENT_PHRASES = (
    "time stamp",
    "marca de tiempo",
    "marca temporal",
    "sygnatura czas",
    "znacznik czas",
    "stamp amser",
)
_ACTION = ("action", "aktion", "benutzeraktion", "accion", "akcja", "gweithred")
_ACCOUNT_PHRASES = (
    *("participant id", "teilnehmer id", "id du participant", "id de participant", "id del participante"),
    *("identyfikator uczestnika", "id uczestnika", "id y cyfranogwr", "id cyfranogwr", "user principal name"),
)
_TITLE = (
    *("title", "topic", "thema", "titel", "besprechungstitel", "betreff", "titre", "sujet", "titulo", "tema"),
    *("tytul", "temat", "teitl", "pwnc"),
)
_START = ("start", "beginn", "debut", "inicio", "rozpocz", "dechrau", "cychwyn")
_END = ("endzeit", "finaliz", "zakoncz", "gorffen", "diwedd", "besprechungsende")
_END_WORDS = {"end", "ended", "ende", "fin"}
# What has such a word in it is about the registration, a job or the host, not about who was there.
_ELSEWHERE = (
    "registr",
    "inscri",
    "rejestr",
    "cofrestr",
    "approv",
    "anmeld",
    "host",
    "gastgeber",
    "anfitrion",
    "hote",
    "job",
)


@lru_cache(maxsize=2048)
def column_of(heading: str) -> Column | None:
    """What a heading announces, or nothing when it is about something that the portal does not need."""
    heading = re.sub("['’]", " ", heading)
    whole, bare = plain(heading), plain(without_brackets(heading))
    if len(whole) > 80 or not bare:
        return None
    words = bare.split()
    if "upn" in whole.split() or any(phrase in bare for phrase in _ACCOUNT_PHRASES):
        return C.ACCOUNT
    if bare in _KNOWN:
        return _KNOWN[bare]
    if _starts(words, _ELSEWHERE):
        return None
    if _starts(words, _EMAIL) or "e bost" in bare or "e mail" in bare:
        return C.EMAIL
    if _starts(words, _MOMENT) or any(phrase in bare for phrase in _MOMENT_PHRASES):
        return C.MOMENT
    if (
        _starts(words, _DURATION)
        or bare.startswith("hyd")
        or any(phrase in bare for phrase in _DURATION_PHRASES)
    ):
        return C.DURATION
    return _of_time(words) or (C.ACTION if _starts(words, _ACTION) else None)


def _of_time(words: list[str]) -> Column | None:
    if _starts(words, _LEAVE) or _LEAVE_WORDS & set(words):
        return C.LAST_LEFT if _starts(words, _LAST) else C.LEFT
    if _starts(words, _JOIN):
        return C.FIRST_JOINED if _starts(words, _FIRST) else C.JOINED
    if _starts(words, _TITLE):
        return C.TITLE
    if _starts(words, _START):
        return C.STARTED
    return C.ENDED if _starts(words, _END) or _END_WORDS & set(words) else None


def is_known(heading: str) -> bool:
    """Tell whether the heading is understood, if only as being about something else."""
    return column_of(heading) is not None or _starts(plain(heading).split(), _ELSEWHERE)


def says_utc(heading: str) -> bool:
    """Tell whether the heading says that its times are in UTC."""
    return bool({"utc", "gmt"} & set(plain(heading).split()))


def is_organiser(role: str) -> bool:
    """Tell whether a role is that of the meeting's organiser; presenters may be anybody."""
    return any(word.startswith(("organis", "organiz", "trefn", "host")) for word in plain(role).split())


def is_about_hosts(section: str) -> bool:
    """Tell whether a section of the report lists the hosts and panelists."""
    return _starts(plain(section).split(), ("host", "panel", "gastgeber", "podium", "anfitrion", "hote"))


def says_yes(cell: str) -> bool:
    """Tell whether a cell says yes."""
    return plain(cell) in {"yes", "y", "true", "ja", "oui", "si", "tak", "ydy", "oes", "ie"}


def says_no(cell: str) -> bool:
    """Tell whether a cell says no."""
    return plain(cell) in {"no", "n", "false", "nein", "non", "nie", "na", "nac ydy", "nac oes"}


_BEFORE = {
    "before",
    "vorher",
    "zuvor",
    "bereits",
    "avant",
    "deja",
    "antes",
    "wczesniej",
    "przed",
    "cyn",
    "eisoes",
}
_CAME = (*_JOIN, "rejoint", "unid", "uniosie")
_WENT = (*_LEAVE, "quitt", "parti", "wysz")


def action_of(cell: str) -> tuple[str, bool] | None:
    """What a line of the old attendance list says: "joined" or "left", and whether it was before the list began."""
    words = plain(cell).split()
    if _starts(words, _WENT):
        return "left", False
    return ("joined", bool(_BEFORE & set(words))) if _starts(words, _CAME) else None


def _starts(words: list[str], beginnings: tuple[str, ...]) -> bool:
    return any(word.startswith(beginnings) for word in words)
