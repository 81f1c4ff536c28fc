"""Save a picture of each page and role under `var/shots`, 320 and 1280 px wide, and say what is wrong with it.

Everybody of the demonstration signs in by the button on `/demo/` and follows every link, one page for each address
of the URL table. Wrong is: another answer than 200, a page that sticks out at 320 px, an axe violation, a complaint
in the browser's console. `PORTAL_URL=http://127.0.0.1:8000` looks at a portal that runs already; otherwise
one with its own demonstration runs as long as this does. `ARGS="--role team"` looks at one role only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from scripts.environment import PROJECT, Refusal, ending_on_refusal, say, var_directory

WHOLE = "herefordshire"
WIDTHS = (1280, 320)
FRONT = ("", "courses/", "strategy/")
# Downloads and what the browser itself loads are asked for, but there is nothing to see.
WITHOUT_PICTURE = re.compile(
    r"\.(pdf|xlsx|csv|ics|css|jwt|zip)$|^/demo/mailbox/[^/]+/(html|\d+)/$|^/demo/meeting-report/"
)
# The operator's admin has a part of its own; signing out ends the look.
ELSEWHERE = re.compile(r"^/(admin|static|files)/|^/accounts/logout/$")


class Visit(NamedTuple):
    """One page to look at, and the answer it should give."""

    path: str
    name: str
    status: int = 200


@dataclass
class Album:
    """Where pictures go, and what was found."""

    folder: Path
    faults: list[str] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    pictures: int = 0


def main() -> int:
    """Start or find the portal, look at everything, print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--role", help="practitioner, manager, lead, trainer, observer, member, chair, team …"
    )
    options = parser.parse_args()
    album = Album(_folder(emptied=options.role is None))
    import django

    django.setup()
    running = os.environ.get("PORTAL_URL", "").rstrip("/")
    with contextlib.nullcontext(running) if running else _portal() as base:
        # Only a portal that shares our database can give us links from its messages.
        links = [] if running else list(_linked_pages())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-background-networking", "--no-first-run"],
            )
            for part, look in _parts(links).items():
                if options.role in (None, part):
                    began = time.monotonic()
                    count = look(album, browser, base)
                    say(f"{part}: {count} pages in {time.monotonic() - began:.0f} s")
            browser.close()
    return _tell(album, whole=options.role is None)


def _folder(*, emptied: bool) -> Path:
    folder = var_directory() if var_directory().name == "shots" else var_directory() / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png") if emptied else ():
        old.unlink()
    return folder


def _tell(album: Album, *, whole: bool) -> int:
    say(f"{album.pictures} pictures are in {album.folder}.")
    if whole and (missed := sorted(_partnership_pages() - album.reached)):
        say(f"Nobody found a link to: {', '.join(missed)}.")
    for fault in album.faults:
        say(fault)
    say(f"{len(album.faults)} faults." if album.faults else "No faults.")
    return 1 if album.faults else 0


def _partnership_pages() -> set[str]:
    """Every name of the URL table beneath a partnership."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def names(patterns: list[URLPattern | URLResolver], space: str) -> Iterator[str]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from names(one.url_patterns, one.namespace or space)
            elif space:
                yield f"{space}-{one.name}"

    spaces = ("pages-", "partnerships-", "courses-", "bookings-", "evaluations-", "compliance-")
    return {name for name in names(get_resolver().url_patterns, "") if name.startswith(spaces)}


@contextlib.contextmanager
def _portal() -> Iterator[str]:
    """A portal of our own on a free port, ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    os.environ["PORTAL_BASE_URL"] = base
    log = var_directory() / "log"
    log.mkdir(parents=True, exist_ok=True)
    with (log / "shots.log").open("ab") as file:
        say("Loading the demonstration.")
        for command in (["migrate"], ["load_demo"], ["collectstatic", "--clear"]):
            more = [] if command == ["load_demo"] else ["--no-input"]
            line = [sys.executable, "manage.py", *command, *more]
            if subprocess.run(line, cwd=PROJECT, stdout=file, stderr=file).returncode:
                raise Refusal(f"“manage.py {command[0]}” failed; the story is in {file.name}.")
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        web += [
            "--port",
            str(port),
            "--workers",
            "1",
            "--blocking-threads",
            "4",
            "partnership_portal.wsgi:application",
        ]
        process = subprocess.Popen(web, cwd=PROJECT, stdout=file, stderr=file)
        try:
            _wait_for(base, process)
            yield base
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(base: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise Refusal("The web server ended by itself; see log/shots.log.")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/healthz", timeout=5):
            return
        time.sleep(0.2)
    raise Refusal("The web server doesn't answer.")


def _linked_pages() -> Iterator[Visit]:
    """What the links in messages open: each kind of survey, and a certificate."""
    from evaluations.answering import pages_asked, value_of
    from evaluations.links import certificate_token, survey_token
    from evaluations.models import Certificate, Invitation
    from partnerships.models import Partnership
    from partnerships.tenancy import acting_in

    partnership = Partnership.objects.get(slug=WHOLE)
    with acting_in(partnership):
        waiting = Invitation.objects.filter(partnership=partnership, state="open")
        kinds = {one.kind: one for one in waiting.select_related("partnership", "version").order_by("pk")}
        for kind, invitation in kinds.items():
            start = f"/{WHOLE}/s/survey-{survey_token(invitation)}/"
            yield Visit(start, f"survey-{kind}")
            given = {one.question.key: value_of(one) for one in invitation.answers.select_related("question")}
            # A page whose questions are only asked after certain answers is not there before.
            for page, _ in enumerate(pages_asked(invitation.version.questions.all(), given), start=1):
                yield Visit(f"{start}{page}/", f"survey-{kind}-{page}")
            yield Visit(f"{start}check/", f"survey-{kind}-check")
        certificate = Certificate.objects.filter(partnership=partnership).first()
        if certificate is not None:
            yield Visit(f"/{WHOLE}/s/certificate-{certificate_token(certificate)}/", "certificate-link")
            asked = f"number={certificate.number}&code={certificate.check_code}"
            yield Visit(f"/{WHOLE}/certificates/check/?{asked}", "certificate-genuine")


def _parts(links: list[Visit]) -> dict[str, Look]:
    from partnership_portal.demo.cast import OPERATOR, PARTS
    from partnership_portal.onboarding.reading import SHIPPED

    parts: dict[str, Look] = {"visitor": Look("visitor", starts=["/", f"/{WHOLE}/", "/demo/"])}
    for part in PARTS:
        parts[part.key] = Look(part.key, email=part.email(WHOLE), starts=[f"/{WHOLE}/"])
    for slug in sorted(file.stem for file in SHIPPED.glob("*.toml") if file.stem != WHOLE):
        visits = [Visit(f"/{slug}/{page}", page.strip("/") or "home") for page in FRONT]
        parts[slug] = Look(slug, email=PARTS[0].email(slug), visits=visits)
    parts["operator"] = Look("operator", email=OPERATOR, visits=[Visit("/admin/", "admin")])
    if links:
        parts["holder"] = Look("holder", visits=links)
    parts["refused"] = Look(
        "refused",
        email=PARTS[0].email(WHOLE),
        visits=[
            Visit(f"/{WHOLE}/nowhere/", "not-found", 404),
            Visit(f"/{WHOLE}/desk/", "forbidden", 403),
            Visit(f"/{WHOLE}/s/survey-tampered/", "tampered-link", 404),
        ],
    )
    return parts


@dataclass
class Look:
    """One person's way through the portal."""

    who: str
    email: str = ""
    starts: list[str] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def __call__(self, album: Album, browser: Browser, base: str) -> int:
        """Look at the visits, then at everything that links lead to from the starts; gives how many."""
        context = browser.new_context(base_url=base, locale="en-GB", timezone_id="Europe/London")
        context.set_default_timeout(30_000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: _note(complaints, told))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        starts = list(self.starts)
        if self.email:
            page.goto("/demo/")
            page.locator(f"form:has(input[value='{self.email}']) button").click()
            starts.insert(0, urlsplit(page.url).path)
        waiting, seen = [*self.visits], {visit.path for visit in self.visits}
        follow = bool(self.starts)
        if follow:
            waiting += [visit for path in starts for visit in _visit(path, seen)]
        count = 0
        while waiting:
            visit = waiting.pop(0)
            count += 1
            found = self._look_at(page, visit, album, complaints)
            if follow:
                waiting += [one for href in found for one in _visit(href, seen)]
        context.close()
        return count

    def _look_at(self, page: Page, visit: Visit, album: Album, complaints: list[str]) -> list[str]:
        """Look at one page; gives where its links lead."""
        where = f"{self.who} {visit.path}"
        album.reached.update({visit.name, _resolved(visit.path)[0]})
        if WITHOUT_PICTURE.search(visit.path.partition("?")[0]):
            status = page.context.request.get(visit.path).status
            if status != visit.status:
                album.faults.append(f"{where}: answered with {status}")
            return []
        complaints.clear()
        response = page.goto(visit.path)
        status = response.status if response else 0
        if status != visit.status:
            album.faults.append(f"{where}: answered with {status}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            # Django's admin is not ours to mend.
            if not visit.path.startswith("/admin/"):
                album.faults += [f"{where} at {width} px: {fault}" for fault in _faults(page)]
            page.screenshot(path=album.folder / f"{self.who}-{visit.name}-{width}.png", full_page=True)
            album.pictures += 1
        if visit.status == 200 and not visit.path.startswith("/admin/"):
            album.faults += [f"{where}: {one}" for one in complaints]
        links = page.eval_on_selector_all(
            "a[href], form[method=get][action]",
            "all => all.map(one => one.getAttribute('href') || one.getAttribute('action'))",
        )
        return [urljoin(urlsplit(page.url).path, link) for link in links]


def _note(complaints: list[str], told: ConsoleMessage) -> None:
    if told.type == "error":
        complaints.append(told.text)


def _visit(href: str, seen: set[str]) -> Iterator[Visit]:
    """The visit that a link asks for, unless another page of the same name was looked at."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or ELSEWHERE.search(parts.path):
        return
    name, found = _resolved(parts.path)
    if "page" in found:
        # Each step of a survey has something else to show.
        name += f"-{found['page']}"
    if name not in seen and found.get("partnership", WHOLE) == WHOLE:
        seen.add(name)
        yield Visit(parts.path, name)


def _resolved(path: str) -> tuple[str, dict[str, object]]:
    """The name in the URL table, fit for a file, and what the address says; a dead end has a name of its own."""
    from django.urls import Resolver404, resolve

    try:
        match = resolve(path.partition("?")[0])
    except Resolver404:
        return f"dead-{path.strip('/').replace('/', '-')}", {}
    return match.view_name.replace(":", "-"), match.kwargs


def _faults(page: Page) -> Iterator[str]:
    for one in Axe().run(page).response["violations"]:
        yield f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{wide} px too wide"


if __name__ == "__main__":
    sys.exit(ending_on_refusal(main))
