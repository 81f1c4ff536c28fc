import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0018_group_bookings'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(help_text='Of the preview, so that a button pressed twice sends once.')),
                ('purpose', models.CharField(help_text='The kind of its messages.', max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('bookings', models.JSONField(help_text='The keys of the selected bookings.')),
                ('people', models.JSONField(help_text='The keys of the people who get it, each once.')),
                ('without_email', models.PositiveIntegerField(help_text='People without an email address.')),
                ('unwanted', models.PositiveIntegerField(help_text='People who have switched such messages off.')),
                ('done', models.PositiveIntegerField(default=0, help_text='How many of the people have their message queued.')),
                ('state', models.CharField(choices=[('sending', 'Being sent'), ('sent', 'Sent')], default='sending', max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField()),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('written_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'indexes': [models.Index(fields=['partnership', '-asked_at'], name='bulk_message_by_time'), models.Index(condition=models.Q(('state', 'sending')), fields=['partnership', 'touched_at'], name='bulk_message_to_send')],
                'constraints': [models.UniqueConstraint(fields=('partnership', 'key'), name='one_bulk_message_per_preview')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bulkmessage',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='58682c17a8d7f0627ac33fefcecba35c87a6d2d5', operation='DELETE', pgid='pgtrigger_never_deleted_af3ad', table='bookings_bulkmessage', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bulkmessage',
            trigger=pgtrigger.compiler.Trigger(name='words_and_people_never_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."bookings" IS DISTINCT FROM (NEW."bookings") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."partnership_id" IS DISTINCT FROM (NEW."partnership_id") OR OLD."people" IS DISTINCT FROM (NEW."people") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."written_by_id" IS DISTINCT FROM (NEW."written_by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='125f7592c39b7d83ebdeaa1c59833fe5b44b0aab', operation='UPDATE', pgid='pgtrigger_words_and_people_never_change_b23c8', table='bookings_bulkmessage', when='BEFORE')),
        ),
        ProtectTenantTables(),
    ]
