"""Finding words of concern in what people write, whole words in any inflection."""

import unicodedata
from collections.abc import Iterable, Mapping

from django.db import connection

# PostgreSQL's stemmer for English, which keeps short words too: “not safe” must not be found in “safe”.
_FIND = """
    SELECT written.id FROM unnest(%s::bigint[], %s::text[]) AS written (id, words)
    WHERE EXISTS (
        SELECT FROM unnest(%s::text[]) AS looked_for (words)
        WHERE to_tsvector('concern_words', written.words) @@ phraseto_tsquery('concern_words', looked_for.words)
    )
"""


def plain(text: str) -> str:
    """The text with one kind of apostrophe, and without the quotation marks and dashes that stick to words."""
    return "".join(
        "'" if one in "’‘ʼ＇`´" else " " if unicodedata.category(one)[0] in "PSZC" and one != "'" else one
        for one in unicodedata.normalize("NFC", text)
    )


def with_words(texts: Mapping[int, str], words: Iterable[str]) -> set[int]:
    """The keys of those texts that contain one of the words or phrases (one query)."""
    looked_for = [plain(one) for one in words]
    if not texts or not looked_for:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [list(texts), [plain(text) for text in texts.values()], looked_for])
        return {key for (key,) in cursor.fetchall()}
