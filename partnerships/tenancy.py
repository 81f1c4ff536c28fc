"""Keeps every partnership's rows to itself, in the code and in the database.

The database shows a row only while the transaction names its partnership (see ``acting_in``). The policies are made
by ``ProtectTenantTables`` in the migrations; ``tests/partnerships/test_row_level_security.py`` proves them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.migrations.state import ProjectState

    from partnerships.models import Partnership

SETTING = "portal.partnership_id"
CURRENT = f"NULLIF(current_setting('{SETTING}', true), '')::bigint"


@contextmanager
def acting_in(partnership: "Partnership | int") -> Iterator[None]:
    """Open a transaction in which only this partnership's rows can be seen or written."""
    key = str(partnership if isinstance(partnership, int) else partnership.pk)
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = "" if outermost else _current(cursor)
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, key])
        yield
        # The setting ends with the transaction; within a larger one it is put back. An error puts it back by itself.
        if not outermost:
            cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, before])


def _current(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT current_setting(%s, true)", [SETTING])
    return cursor.fetchone()[0] or ""


class TenantModel(models.Model):
    """A row that belongs to one partnership and is invisible to every other."""

    partnership = models.ForeignKey("partnerships.Partnership", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


def is_tenant(model: type[models.Model]) -> bool:
    """Tell whether rows of this model belong to one partnership."""
    return any(field.name == "partnership" for field in model._meta.concrete_fields)


class ProtectTenantTables(Operation):
    """Migration step: force row-level security on each tenant table of the app, and tie children by composite keys.

    May be repeated: put it last in every migration that adds a tenant table or a foreign key between two of them.
    Foreign-key checks ignore the policies, so a child names its parent by (partnership_id, id).
    """

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: "ProjectState") -> None:
        """Nothing changes in the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: "ProjectState",
        to_state: "ProjectState",
    ) -> None:
        for model in _tenant_models(to_state.apps, app_label):
            for statement in _protection(model):
                schema_editor.execute(statement)

    def database_backwards(self, *args: Any) -> None:
        """Going back leaves the protection in place; dropping the table drops it too."""

    def describe(self) -> str:
        return "Force row-level security and composite foreign keys on the app's tenant tables"


def _tenant_models(apps: Apps, app_label: str) -> list[type[models.Model]]:
    return [model for model in apps.get_app_config(app_label).get_models() if is_tenant(model)]


def _protection(model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield f'DROP POLICY IF EXISTS tenant ON "{table}"'
    own = f"(partnership_id = {CURRENT})"
    yield f'CREATE POLICY tenant ON "{table}" USING {own} WITH CHECK {own}'
    yield _unless_there(f"{table}_tenant_key"[:63], table, "UNIQUE (partnership_id, id)")
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and is_tenant(field.related_model):
            parent = field.related_model._meta.db_table
            yield _unless_there(f"{parent}_tenant_key"[:63], parent, "UNIQUE (partnership_id, id)")
            yield _unless_there(
                f"{table}_{field.column}_tenant_fk"[-63:],
                table,
                f'FOREIGN KEY (partnership_id, "{field.column}") REFERENCES "{parent}" (partnership_id, id) '
                "DEFERRABLE INITIALLY DEFERRED",
            )


def _unless_there(name: str, table: str, definition: str) -> str:
    # The names come from the models, never from a user.
    there = f"SELECT 1 FROM pg_constraint WHERE conname = '{name}' AND conrelid = '\"{table}\"'::regclass"  # noqa: S608
    addition = f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}'
    return f"DO $$ BEGIN IF NOT EXISTS ({there}) THEN {addition}; END IF; END $$"


@contextmanager
def as_account(user_id: int) -> Iterator[None]:
    """Open a transaction in which an account's own ``Person`` rows can be read in every partnership, and no more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.user_id', %s, true)", [str(user_id)])
        yield
        cursor.execute("SELECT set_config('portal.user_id', '', true)")
