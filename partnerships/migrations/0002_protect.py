from django.db import migrations

from partnerships.tenancy import ProtectTenantTables

# An account may find its own people in every partnership, to switch between them (tenancy.as_account).
OWN_PEOPLE = """
CREATE POLICY own ON partnerships_person FOR SELECT
USING (user_id = NULLIF(current_setting('portal.user_id', true), '')::bigint)
"""


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0001_initial")]

    operations = [
        ProtectTenantTables(),
        migrations.RunSQL(OWN_PEOPLE, "DROP POLICY own ON partnerships_person"),
    ]
