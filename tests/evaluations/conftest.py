import pytest

from partnerships.models import Partnership
from tests.evaluations.made import adopt


@pytest.fixture
def partnership(partnership) -> Partnership:
    """The partnership of the test, with the library's questionnaires."""
    adopt(partnership)
    return partnership
