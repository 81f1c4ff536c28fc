"""How accounts behave: allauth's adapter, and where an account lands after signing in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from partnerships.actors import Actor, actor_of
from partnerships.models import Partnership, Person, User
from partnerships.services.people import claim_person
from partnerships.tenancy import acting_in, as_account


class AccountAdapter(DefaultAccountAdapter):
    """Signs accounts in: finds the records that wait for them, and the page where they have work."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign the account in, after every stage (verification, second factor) was passed."""
        super().login(request, user)
        claim_everywhere(user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The page of the account's only partnership, or the choice between several."""
        return landing_of(request.user) if isinstance(request.user, User) else settings.LOGIN_REDIRECT_URL


def partnerships_of(user: User) -> list[Partnership]:
    """The open partnerships in which the account is somebody (one query)."""
    with as_account(user.pk):
        people = Person.objects.filter(user=user, partnership__is_open=True).select_related("partnership")
        return [person.partnership for person in people.order_by("partnership__name")]


def landing_of(user: User) -> str:
    """Where an account has work: its partnership's page, the choice between several, or the operator's."""
    found = partnerships_of(user)
    if len(found) == 1:
        with acting_in(found[0]):
            place = "pages:desk" if actor_of(user, found[0]).is_team else "pages:me"
        return reverse(place, args=[found[0].slug])
    if not found and user.is_staff:
        return reverse("admin:index")
    return reverse("portal")


def claim_everywhere(user: User) -> None:
    """Give the account the people without account that bear one of its verified email addresses."""
    for partnership in Partnership.objects.filter(is_open=True):
        with acting_in(partnership):
            claim_person(actor=Actor(partnership=partnership, label="person", user=user))
