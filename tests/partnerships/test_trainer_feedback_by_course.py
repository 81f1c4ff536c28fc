"""Versions of the policy from before trainer feedback was a matter of courses."""

import hashlib
import json
from importlib import import_module

import pgtrigger
import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction

from partnerships.models import PolicyVersion
from partnerships.services.policies import policy_of
from partnerships.tenancy import acting_in
from tests.evaluations.made import at
from tests.factories import adopt, make_partnership, policy

migration = import_module("partnerships.migrations.0006_trainer_feedback_by_course")


def said() -> list[object]:
    documents = PolicyVersion.objects.order_by("number").values_list("document", flat=True)
    return [one["trainers"]["feedback_after_session"] for one in documents]


def test_yes_and_no_of_every_version_and_partnership_become_all_and_none(db) -> None:
    partnerships = [make_partnership(slug) for slug in ("yesshire", "noshire")]
    cited = {"value": True, "section": "§10", "portal_default": False}
    default = {"value": False, "section": "", "portal_default": True}
    with pgtrigger.ignore("partnerships.PolicyVersion:append_only"):
        for partnership, clauses in zip(partnerships, ([cited, default], [default]), strict=True):
            with acting_in(partnership):
                for number, clause in enumerate(clauses, start=1):
                    if number > 1:
                        adopt(partnership, policy(), at=at("2026-01-01"))
                    version = PolicyVersion.objects.get(number=number)
                    version.document["trainers"]["feedback_after_session"] = clause
                    version.save()
        migration.name_the_courses(apps, None)
    with acting_in(partnerships[0]):
        assert said() == [{**cited, "value": "all_courses"}, {**default, "value": "none"}]
        found = [policy_of(one).trainers.feedback_after_session for one in PolicyVersion.objects.all()]
        assert [(one.value, one.source) for one in found] == [
            ("none", "Portal default"),
            ("all_courses", "§10"),
        ]
        for one in PolicyVersion.objects.all():
            written = json.dumps(one.document, sort_keys=True)
            assert one.fingerprint == hashlib.sha256(written.encode()).hexdigest()
    with acting_in(partnerships[1]):
        assert said() == [{**default, "value": "none"}]
    with pgtrigger.ignore("partnerships.PolicyVersion:append_only"):
        migration.say_yes_or_no(apps, None)
    with acting_in(partnerships[0]):
        assert said() == [cited, default]


def test_afterwards_no_version_can_be_changed(partnership) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update or delete rows"), transaction.atomic():
        PolicyVersion.objects.update(number=7)
