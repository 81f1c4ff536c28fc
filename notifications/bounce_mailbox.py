"""The mailbox to which mail servers send back what they could not deliver: a maildir, or a folder of an IMAP server."""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from partnerships.errors import DomainError

# What counts stands at the beginning: the report, and the headers of what came back.
MOST_BYTES = 1024 * 1024
MOST_LETTERS = 500
_SECONDS = 30
_FLAGS = ":2,"
_SHAPE = "PORTAL_BOUNCES must look like maildir:///folder or imaps://user:password@host/folder."


class MailboxAway(DomainError):
    """The mailbox can't be read just now, or not with what was configured."""


@dataclass(frozen=True)
class Letter:
    """One mail that nobody has read: to be removed once it is dealt with, or kept for a person and not read again."""

    content: bytes
    remove: Callable[[], None]
    keep: Callable[[], None]


@contextmanager
def open_mailbox(address: str) -> Iterator[Iterator[Letter]]:
    """Give the unread mails of a mailbox, the oldest first, some hundred at most.

    ``maildir:///folder`` or ``imaps://user:password@host:port/folder`` (``imap://`` without TLS, on one's own
    network only). Raises ``MailboxAway``, which names neither the password nor anybody's address.
    """
    parts = urlsplit(address)
    readers = {"maildir": _maildir, "imap": _imap, "imaps": _imap}
    if parts.scheme not in readers:
        raise MailboxAway(_SHAPE)
    try:
        yield from readers[parts.scheme](parts)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxAway(f"The mailbox of PORTAL_BOUNCES can’t be read: {type(error).__name__}.") from error


def _maildir(parts: SplitResult) -> Iterator[Iterator[Letter]]:
    folder = Path(unquote(parts.path))
    if not ((folder / "new").is_dir() and (folder / "cur").is_dir()):
        raise MailboxAway(f"PORTAL_BOUNCES names no maildir: {folder} lacks “new” or “cur”.")
    files = [file for name in ("new", "cur") for file in (folder / name).iterdir()]
    # A file's name begins with the moment when it came, and ends with what has become of it.
    unread = sorted((file.name, file) for file in files if "S" not in file.name.partition(_FLAGS)[2])
    yield filter(None, (_of_maildir(folder, file) for _, file in unread[:MOST_LETTERS]))


def _of_maildir(folder: Path, file: Path) -> Letter | None:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES)
    except FileNotFoundError:
        # Another worker has dealt with it.
        return None
    read = folder / "cur" / f"{file.name.partition(_FLAGS)[0]}{_FLAGS}S"
    return Letter(content, remove=partial(file.unlink, missing_ok=True), keep=partial(_rename, file, read))


def _rename(file: Path, name: Path) -> None:
    with suppress(FileNotFoundError):
        file.rename(name)


def _imap(parts: SplitResult) -> Iterator[Iterator[Letter]]:
    if not (parts.hostname and parts.username and parts.password):
        raise MailboxAway(_SHAPE)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    with _connection(parts) as box:
        box.login(unquote(parts.username), unquote(parts.password))
        # A folder's name may have spaces.
        _done(box.select(f'"{folder}"'))
        unread = _done(box.uid("SEARCH", "UNSEEN"))[0].split()
        try:
            yield (_of_imap(box, one.decode()) for one in unread[:MOST_LETTERS])
        finally:
            box.expunge()


def _connection(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or ""
    if parts.scheme == "imap":
        return imaplib.IMAP4(host, parts.port or 143, timeout=_SECONDS)
    return imaplib.IMAP4_SSL(
        host, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=_SECONDS
    )


def _of_imap(box: imaplib.IMAP4, uid: str) -> Letter:
    found = _done(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
    content = next((one[1] for one in found if isinstance(one, tuple)), b"")
    return Letter(
        content,
        remove=partial(_flag, box, uid, r"(\Seen \Deleted)"),
        keep=partial(_flag, box, uid, r"(\Seen)"),
    )


def _flag(box: imaplib.IMAP4, uid: str, flags: str) -> None:
    _done(box.uid("STORE", uid, "+FLAGS.SILENT", flags))


def _done(answer: tuple[str, list]) -> list:
    said, data = answer
    if said != "OK":
        raise imaplib.IMAP4.error("the server said no")
    return data
