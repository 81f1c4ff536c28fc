"""Every address of the portal, read from the URL table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

_DUMMIES = {
    "kid": "x",
    "partnership": "alphashire",
    "pk": 999999,
    "earlier": 999999,
    "text": "outcome",
    "name": "nothing",
    "person_pk": 999999,
    "date_pk": 999999,
    "booking_pk": 999999,
    "report_pk": 999999,
    "entry_pk": 999999,
    "task_pk": 999999,
    "organisation_pk": 999999,
    "group_pk": 999999,
    "page": 1,
    "slug": "nothing",
    "number": "NONE-1",
    "role": "trainer",
    "token": "nothing~nothing",
    "ending": "xlsx",
    "purpose": "nothing",
    "secret": "nothing",
    "series": "00000000-0000-4000-8000-000000000000",
}
_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_OF_LIBRARIES = {"accounts/", "admin/"}


@dataclass(frozen=True)
class Address:
    """One address: its route with a gap for each part that it takes, and its view."""

    name: str
    route: str
    parts: tuple[str, ...]
    view: Callable

    @property
    def path(self) -> str:
        """The route with made-up parts."""
        return self.at()

    def at(self, **parts: object) -> str:
        """The route with these parts, and made-up ones for the rest."""
        return self.route.format(**{**_DUMMIES, **parts})


def every_address() -> list[Address]:
    """All addresses but those of the libraries."""
    return list(_walk(get_resolver().url_patterns, "/", ""))


def partnership_addresses() -> list[Address]:
    """The addresses inside a partnership."""
    return [one for one in every_address() if "partnership" in one.parts]


def _walk(patterns: list, path: str, space: str, parts: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        here, names = path, parts
        route = str(pattern.pattern)
        if path == "/" and route in _OF_LIBRARIES:
            continue
        names = (*names, *_PART.findall(route))
        here += _PART.sub(r"{\1}", route)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, here, inner, names)
        elif isinstance(pattern, URLPattern):
            yield Address(f"{space}{pattern.name}", here, names, pattern.callback)
