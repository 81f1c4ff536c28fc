"""The mailbox to which mail servers send back what they could not deliver: a maildir, or a folder of an IMAP server."""

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from partnerships.errors import DomainError

# What counts stands at the beginning: the report, and the headers of what came back.
MOST_BYTES = 1024 * 1024
MOST_LETTERS = 500
_SECONDS = 30
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
    except (OSError, imaplib.IMAP4.error, mailbox.Error) as error:
        raise MailboxAway(f"The mailbox of PORTAL_BOUNCES can’t be read: {type(error).__name__}.") from error


def _maildir(parts: SplitResult) -> Iterator[Iterator[Letter]]:
    folder = Path(unquote(parts.path))
    if not (folder / "new").is_dir():
        raise MailboxAway(f"PORTAL_BOUNCES names no maildir: {folder} has no folder “new”.")
    box = mailbox.Maildir(folder, create=False)
    # The name of a file begins with the moment when it came.
    unread = [key for key in sorted(box.keys()) if "S" not in box.get_message(key).get_flags()]
    yield (_of_maildir(box, key) for key in unread[:MOST_LETTERS])


def _of_maildir(box: mailbox.Maildir, key: str) -> Letter:
    with box.get_file(key) as file:
        content = file.read(MOST_BYTES)
    return Letter(content, remove=partial(box.discard, key), keep=partial(_read_in_maildir, box, key))


def _read_in_maildir(box: mailbox.Maildir, key: str) -> None:
    message = box.get_message(key)
    message.set_subdir("cur")
    message.add_flag("S")
    box[key] = message


def _imap(parts: SplitResult) -> Iterator[Iterator[Letter]]:
    if not (parts.hostname and parts.username and parts.password):
        raise MailboxAway(_SHAPE)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    with _connection(parts) as box:
        box.login(unquote(parts.username), unquote(parts.password))
        # A folder's name may have spaces.
        _done(box.select(f'"{folder}"'))
        unread = _done(box.uid("SEARCH", "UNSEEN"))[0].split()
        yield (_of_imap(box, one.decode()) for one in unread[:MOST_LETTERS])
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
