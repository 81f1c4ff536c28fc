"""Give a partnership its first, or another, member of its team."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.forms import ValidationError

from partnerships.actors import system
from partnerships.models import Membership, Organisation, Partnership
from partnerships.permissions import Role
from partnerships.services.memberships import grant_role
from partnerships.services.people import add_person
from partnerships.tenancy import acting_in


class Command(BaseCommand):
    """Adds the person; with an account of this confirmed address they find the desk when they sign in."""

    help = "Put somebody into a partnership's team. They sign up with this email address and confirm it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which partnership, who, and where they are employed."""
        parser.add_argument("partnership", help="the first part of its address, such as northshire")
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--organisation", help="their employer's name; by default the partnership's first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the person and grant the role; doing it again changes nothing."""
        partnership = Partnership.objects.filter(slug=options["partnership"]).first()
        if partnership is None:
            raise CommandError(f"There is no partnership “{options['partnership']}”. Load its file first.")
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(f"“{options['email']}” is not an email address.") from error
        with acting_in(partnership):
            actor = system(partnership, "add_team_member")
            organisation = self._organisation(partnership, options["organisation"])
            person = add_person(
                actor=actor, name=options["name"], email=options["email"], organisation=organisation
            )
            membership = Membership.objects.live().get(person=person, organisation=organisation)
            grant_role(actor=actor, membership=membership, role=Role.TEAM)
        self.stdout.write(f"{person.name} is in the team of {partnership}.")

    def _organisation(self, partnership: Partnership, name: str | None) -> Organisation:
        organisations = Organisation.objects.filter(partnership=partnership).order_by("pk")
        found = organisations.filter(name_key=name.lower()).first() if name else organisations.first()
        if found is None:
            raise CommandError("There is no such organisation in this partnership.")
        return found
