"""Refusals: what the portal won't do, in a sentence that a user can read."""


class DomainError(Exception):
    """A rule of the domain says no; ``str(error)`` is the sentence to show, ``field`` names what to put right."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
