"""In which order a step locks rows: two steps that lock in different orders may wait for each other."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def locks() -> Iterator[list[str]]:
    """Note, once the block is done, from which tables it locked rows, in order and each table once."""
    tables: list[str] = []
    with CaptureQueriesContext(connection) as found:
        yield tables
    for query in found:
        assert " FOR UPDATE" not in query["sql"] or "partnerships_person" not in query["sql"]
        if " FOR NO KEY UPDATE" in query["sql"]:
            tables.append(re.search(r'FROM "(\w+)"', query["sql"])[1])
    tables[:] = dict.fromkeys(tables)
