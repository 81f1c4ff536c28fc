"""Refusals: what the portal won't do, in a sentence that a user can read."""


class DomainError(Exception):
    """A rule of the domain says no; ``str(error)`` is the sentence to show."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
