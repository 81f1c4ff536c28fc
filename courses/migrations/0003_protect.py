from django.db import migrations

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    # The parents' tables must be whole before their children are tied to them.
    dependencies = [("notifications", "0003_protect"), ("courses", "0002_initial")]

    operations = [
        ProtectTenantTables(),
    ]
