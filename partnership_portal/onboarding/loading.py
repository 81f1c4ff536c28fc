"""Loads a partnership from its file: all of it or nothing, and as often as one likes."""

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from courses.services.programme import load_programme
from evaluations.library import first_choices
from evaluations.services.questionnaires import adopt_library
from evaluations.services.themes import adopt_themes
from evaluations.start_themes import start_themes
from partnership_portal.onboarding.reading import read_file, read_profile
from partnership_portal.working_days import uk_date, uk_moment
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.profile import Profile
from partnerships.services.policies import adopt_policy, policy_of
from partnerships.services.profile_ledger import Item, Ledger, close_ledger, open_ledger
from partnerships.services.structure import drop_groups, found_partnership, load_structure
from partnerships.tenancy import acting_in


@dataclass(frozen=True)
class Loaded:
    """What a load has done."""

    partnership: Partnership
    ledger: Ledger
    policy_number: int


def load_profile(*, path: str | Path | None = None, text: str | None = None) -> Loaded:
    """Load the partnership that a file or a text describes.

    Raises ``ProfileRefused`` with every error of the file, or ``DomainError`` where the file contradicts what has
    happened in the portal; then nothing is written.
    """
    if (path is None) == (text is None):
        raise TypeError("Give either a path or a text.")
    profile = read_profile(text if text is not None else read_file(path or ""))
    with transaction.atomic():
        partnership, is_new = found_partnership(profile=profile.partnership)
        with acting_in(partnership):
            return _load(profile, partnership, is_new=is_new)


def _load(profile: Profile, partnership: Partnership, *, is_new: bool) -> Loaded:
    actor = system(partnership, "load_partnership")
    document = profile.model_dump(mode="json", exclude={"policy"})
    ledger = open_ledger(actor=actor)
    load_structure(actor=actor, ledger=ledger, document=document, is_new=is_new)
    effective_from = uk_moment(profile.partnership.policy_effective_from, time())
    if not is_new:
        _refuse_framework_to_come(profile, partnership, effective_from)
    version, is_changed = adopt_policy(
        actor=actor,
        policy=profile.policy.model_copy(update={"framework": profile.groups}),
        effective_from=effective_from,
    )
    if is_changed:
        what = f"policy, version {version.number}, in force from {uk_date(version.effective_from):%-d %B %Y}"
        (ledger.created if version.number == 1 else ledger.changed).append(what)
    load_programme(actor=actor, ledger=ledger, document=document)
    drop_groups(actor=actor, ledger=ledger, document=document)
    _load_questionnaires(actor, profile, ledger, document)
    themes, from_portal = start_themes(profile)
    made = adopt_themes(actor=actor, themes=themes, from_portal=from_portal)
    ledger.created += [f"theme “{one}”" for one in made]
    close_ledger(ledger=ledger, document=document)
    partnership.refresh_from_db()
    return Loaded(partnership=partnership, ledger=ledger, policy_number=version.number)


def _refuse_framework_to_come(profile: Profile, partnership: Partnership, effective_from: datetime) -> None:
    """Rules may wait for a day to come; the groups and what they require hold from the load itself.

    Before the partnership's first day nobody stands anywhere by them, so they may be put right.
    """
    versions, now = partnership.policy_versions, timezone.now()
    counts_from = max(effective_from, versions[0].effective_from)
    if counts_from <= now or all(one.effective_from > now for one in versions):
        return
    kept = policy_of(versions[0]).framework
    if kept and kept != profile.groups:
        raise DomainError(
            "The file changes the competency framework, which holds as soon as it is loaded, but not before "
            f"{uk_date(counts_from):%-d %B %Y}, from which the policy holds. Load it on that day, or leave the groups "
            "as they are."
        )


def _load_questionnaires(actor: Actor, profile: Profile, ledger: Ledger, document: Item) -> None:
    """Take over the library; what is asked by default changes with the file or the policy, unless the team chose."""
    choices = first_choices(profile.policy, profile.questionnaires)
    made = adopt_library(actor=actor, choices=choices, before=ledger.last.get("questionnaires"))
    ledger.created += [f"questionnaire “{one.questionnaire}”" for one in made]
    document["questionnaires"] = {kind.value: form.name for kind, form in choices.items()}
