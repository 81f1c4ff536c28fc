"""No row of one partnership can be read or written from another, even by a query that forgets to ask."""

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from partnerships.models import AuditEntry, Organisation, Person
from partnerships.tenancy import acting_in, as_account, is_tenant
from tests.factories import make_organisation, make_person

TENANT_MODELS = [model for model in apps.get_models(include_auto_created=True) if is_tenant(model)]


def test_the_portals_role_can_not_bypass_the_policies(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_row_level_security_is_forced_and_keys_are_composite(db, model) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
            [f'"{table}"'],
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute(
            "SELECT polname FROM pg_policy WHERE polrelid = %s::regclass ORDER BY 1", [f'"{table}"']
        )
        expected = ["own", "tenant"] if model is Person else ["tenant"]
        assert [name for (name,) in cursor.fetchall()] == expected
    for field in model._meta.concrete_fields:
        if field.many_to_one and is_tenant(field.related_model):
            assert _has_composite_key(table, field.column), f"{table}.{field.column} lacks its tenant"


def _has_composite_key(table: str, column: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT array_agg(a.attname ORDER BY a.attname)
            FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
            WHERE c.conrelid = %s::regclass AND c.contype = 'f' GROUP BY c.oid
            """,
            [f'"{table}"'],
        )
        return sorted(["partnership_id", column]) in [sorted(names) for (names,) in cursor.fetchall()]


def test_every_foreign_key_to_partnership_makes_a_table_a_tenants() -> None:
    for model in apps.get_models(include_auto_created=True):
        names = {field.name for field in model._meta.concrete_fields if field.related_model is not None}
        if model._meta.app_label in {"courses", "bookings", "evaluations", "compliance", "notifications"}:
            assert "partnership" in names, f"{model._meta.label} holds tenants' rows without saying whose"


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_a_raw_select_sees_nothing_of_the_neighbour(whole_neighbour, partnership, model) -> None:
    table = model._meta.db_table
    with acting_in(whole_neighbour):
        assert _count(table) > 0, f"the proof needs a row in {table}; add one to tests/partnerships/whole.py"
    assert _count(table, f"partnership_id <> {partnership.pk}") == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.partnership_id', '', true)")
    assert _count(table) == 0


def _count(table: str, where: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {where}')
        return cursor.fetchone()[0]


def test_a_row_can_not_be_written_into_another_partnership(partnership, neighbour) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        make_organisation_of(neighbour)
    mine = make_organisation(partnership)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Organisation.objects.filter(pk=mine.pk).update(partnership=neighbour)


def make_organisation_of(neighbour) -> None:
    Organisation.objects.create(partnership=neighbour, name="Trespass", sector_id=1)


def test_a_child_can_not_name_the_neighbours_parent(partnership, neighbour) -> None:
    with acting_in(neighbour):
        theirs = make_organisation(neighbour)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person(partnership, organisation=theirs)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_account_finds_its_own_people_everywhere_and_nobody_elses(partnership, neighbour) -> None:
    me = make_person(partnership)
    with acting_in(neighbour):
        also_me = make_person(neighbour, account=False)
        Person.objects.filter(pk=also_me.pk).update(user=me.user)
        make_person(neighbour)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.partnership_id', '', true)")
    with as_account(me.user.pk):
        assert {person.pk for person in Person.objects.all()} == {me.pk, also_me.pk}
    assert not Person.objects.exists()


def test_the_audit_trail_can_not_be_rewritten(partnership) -> None:
    entry = AuditEntry.objects.create(
        partnership=partnership, actor="x", action="y", subject_type="z", subject_id=1
    )
    for change in (entry.delete, lambda: AuditEntry.objects.filter(pk=entry.pk).update(action="other")):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic():
            change()
