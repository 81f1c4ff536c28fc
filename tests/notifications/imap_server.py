"""An IMAP server with one folder, just large enough for a program that reads what came back."""

import shlex
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mails: dict[int, bytes], password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails, self.password = mails, password
        self.flags: dict[int, set[str]] = {uid: set() for uid in mails}


class _Session(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, command, *words = shlex.split(line, posix=True) if "LOGIN" in line else line.split(" ")
            if command == "UID":
                command, *words = words
            known = getattr(self, f"_{command.lower()}", None)
            self._say(f"{tag} {known(words) if known else 'OK done'}")
            if command == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _capability(self, words: list[str]) -> str:
        self._say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def _login(self, words: list[str]) -> str:
        return "OK in" if words[1] == self.server.password else "NO wrong"

    def _select(self, words: list[str]) -> str:
        self._say(f"* {len(self.server.mails)} EXISTS")
        return "OK done" if words == ['"Came', 'back"'] else "NO such folder"

    def _search(self, words: list[str]) -> str:
        unseen = [str(uid) for uid in self.server.mails if "\\Seen" not in self.server.flags[uid]]
        self._say(f"* SEARCH {' '.join(unseen)}".rstrip())
        return "OK done"

    def _fetch(self, words: list[str]) -> str:
        uid = int(words[0])
        content = self.server.mails[uid].replace(b"\n", b"\r\n")
        self._say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(content)}}}")
        self.wfile.write(content)
        self._say(")")
        return "OK done"

    def _store(self, words: list[str]) -> str:
        self.server.flags[int(words[0])] |= {word.strip("()") for word in words[2:]}
        return "OK done"

    def _expunge(self, words: list[str]) -> str:
        for uid in [uid for uid, flags in self.server.flags.items() if "\\Deleted" in flags]:
            self.server.mails.pop(uid, None)
        return "OK done"


@contextmanager
def imap_server(mails: dict[int, bytes], password: str) -> Iterator[_Server]:
    """Serve these mails, by their keys, on a free port of this machine."""
    with _Server(mails, password) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
