from django.db import migrations

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    # The parents' tables must be whole before their children are tied to them.
    dependencies = [("evaluations", "0003_protect"), ("compliance", "0002_initial")]

    operations = [
        ProtectTenantTables(),
    ]
