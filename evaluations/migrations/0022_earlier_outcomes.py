import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0021_kept_analysis'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlierOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.TextField()),
                ('settled_at', models.DateTimeField()),
                ('reason', models.CharField(help_text='Why it was opened again.', max_length=500)),
                ('reopened_at', models.DateTimeField()),
                ('concern', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earlier_outcomes', to='evaluations.concern')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('reopened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
                ('settled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
            ],
            options={
                'ordering': ['reopened_at', 'pk'],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='earlieroutcome',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='13d7f8febd51be7548a17edc4f7f57de1d79471e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5bd91', table='evaluations_earlieroutcome', when='BEFORE')),
        ),
        ProtectTenantTables(),
    ]
