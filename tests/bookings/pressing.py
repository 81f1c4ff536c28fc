"""Presses a button of a page as a browser does: with what the page showed."""

import re
from typing import Any

from django.test import Client

_SHOWN = re.compile(r'name="shown" value="([^"]*)"')


def shown_on(client: Client, address: str) -> str:
    """What the page says that it shows."""
    found = _SHOWN.search(client.get(address).content.decode())
    return found[1] if found else ""


def press(client: Client, address: str, shown: str | None = None, **sent: str) -> Any:
    """Open the page, or take it as it was when it showed something else, press, and follow to what comes of it."""
    if shown is None:
        shown = shown_on(client, address)
    return client.post(address, {"shown": shown, **sent}, follow=True)


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send back of a form: hidden and text fields, and radios or boxes that are ticked."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if given.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        if "name" in given:
            found[given["name"]] = given.get("value", "")
    return found
