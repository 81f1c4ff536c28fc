import pytest

from partnerships.models import Partnership
from tests.partnerships.whole import make_whole_partnership


@pytest.fixture
def whole_neighbour(partnership) -> Partnership:
    """A neighbour with a row in every tenant table."""
    return make_whole_partnership("gammashire")
