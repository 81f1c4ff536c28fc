import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0007_register'),
        ('courses', '0006_charges'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('step', models.CharField(blank=True, max_length=100)),
                ('requested_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='Builds begun; also tells them apart.')),
                ('touched_at', models.DateTimeField(blank=True, help_text='When the build last told of its progress.', null=True)),
                ('built_at', models.DateTimeField(blank=True, null=True)),
                ('month', models.DateField(help_text='The first day of the month.')),
                ('state', models.CharField(choices=[('building', 'Documents being drawn'), ('ready', 'Ready'), ('failed', 'Documents could not be drawn')], default='building', max_length=10)),
                ('lines', models.JSONField(help_text='Every charge and credit note as it was when the month was closed.')),
                ('pence', models.IntegerField()),
                ('archive', models.CharField(blank=True, help_text='The statements of all organisations.', max_length=200)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-month'],
            },
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('place', 'Place'), ('late_cancellation', 'Late cancellation'), ('non_attendance', 'Non-attendance'), ('single_agency_use', 'Single-agency use')], max_length=20)),
                ('pence', models.IntegerField()),
                ('words', models.TextField(help_text='The words of the rule that made it.', verbose_name='rule')),
                ('source', models.CharField(help_text='Where the rule comes from.', max_length=120)),
                ('purchase_order', models.CharField(blank=True, max_length=60)),
                ('raised_on', models.DateField(help_text='It decides the month.')),
                ('state', models.CharField(choices=[('open', 'Open'), ('waived', 'Waived'), ('withdrawn', 'Withdrawn'), ('batched', 'Sent to finance'), ('credited', 'Credited')], default='open', max_length=10)),
                ('reason', models.CharField(blank=True, help_text='Why it was waived, withdrawn or, on a credit note, taken back.', max_length=250)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-raised_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pence', models.IntegerField()),
                ('pdf', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-batch__month', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='booking',
            name='charged_as',
            field=models.CharField(blank=True, help_text='The state whose charges were last worked out; empty before that.', max_length=20),
        ),
        migrations.AddField(
            model_name='booking',
            name='purchase_order',
            field=models.CharField(blank=True, help_text='A charge for it quotes this.', max_length=60),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(condition=models.Q(models.Q(('charged_as', models.F('state')), _negated=True), models.Q(('state__in', ('attended', 'partly_attended', 'did_not_attend')), models.Q(('state', 'cancelled'), ('was_late_cancellation', True)), models.Q(('charged_as', ''), _negated=True), _connector='OR')), fields=['partnership', 'session'], name='booking_to_charge'),
        ),
        migrations.AddField(
            model_name='batch',
            name='closed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person'),
        ),
        migrations.AddField(
            model_name='batch',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddField(
            model_name='charge',
            name='batch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='bookings.batch'),
        ),
        migrations.AddField(
            model_name='charge',
            name='booking',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='bookings.booking'),
        ),
        migrations.AddField(
            model_name='charge',
            name='credits',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_note', to='bookings.charge'),
        ),
        migrations.AddField(
            model_name='charge',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person'),
        ),
        migrations.AddField(
            model_name='charge',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='partnerships.organisation'),
        ),
        migrations.AddField(
            model_name='charge',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddField(
            model_name='charge',
            name='policy_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.policyversion'),
        ),
        migrations.AddField(
            model_name='charge',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='courses.session'),
        ),
        migrations.AddField(
            model_name='statement',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='bookings.batch'),
        ),
        migrations.AddField(
            model_name='statement',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='partnerships.organisation'),
        ),
        migrations.AddField(
            model_name='statement',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('partnership', 'month'), name='one_batch_per_month'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='batch_month_begins_on_the_first'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='batch_progress_is_a_percentage'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='9fd04ab444a75c9ba36e035fc50021c5962b545b', operation='DELETE', pgid='pgtrigger_never_deleted_96024', table='bookings_batch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='lines_never_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_by_id" IS DISTINCT FROM (NEW."closed_by_id") OR OLD."lines" IS DISTINCT FROM (NEW."lines") OR OLD."month" IS DISTINCT FROM (NEW."month") OR OLD."partnership_id" IS DISTINCT FROM (NEW."partnership_id") OR OLD."pence" IS DISTINCT FROM (NEW."pence"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c0eee1831aa721b5b8f325f5c0b878f63a77fbd0', operation='UPDATE', pgid='pgtrigger_lines_never_change_88e7d', table='bookings_batch', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['partnership', '-raised_on', '-id'], name='charge_by_day'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['partnership', 'state', '-raised_on'], name='charge_by_state'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['partnership', 'organisation', '-raised_on'], name='charge_by_organisation'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['partnership', 'session'], name='charge_by_session'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.UniqueConstraint(condition=models.Q(('credits__isnull', True), ('state__in', ('open', 'waived', 'batched'))), fields=('partnership', 'booking', 'kind'), name='booking_charged_once'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.UniqueConstraint(condition=models.Q(('credits__isnull', True), ('kind', 'single_agency_use'), ('state__in', ('open', 'waived', 'batched'))), fields=('partnership', 'session'), name='session_charged_once'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booking__isnull', True), ('kind', 'single_agency_use')), models.Q(models.Q(('kind', 'single_agency_use'), _negated=True), ('booking__isnull', False)), _connector='OR'), name='charge_is_for_a_booking_or_a_session'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credits__isnull', True), ('pence__gt', 0)), models.Q(('credits__isnull', False), ('pence__lt', 0)), _connector='OR'), name='only_credit_notes_are_negative'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('credits__isnull', True), ('state__in', ('open', 'batched')), _connector='OR'), name='credit_note_is_sent_or_to_be_sent'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('state__in', ('batched', 'credited'))), models.Q(models.Q(('state__in', ('batched', 'credited')), _negated=True), ('batch__isnull', True)), _connector='OR'), name='sent_charges_are_in_a_batch'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waived'), _negated=True), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='waiver_names_who_approved_it'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('waived', 'withdrawn')), ('credits__isnull', False), _connector='OR', _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='what_is_taken_back_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('open', 'waived', 'withdrawn', 'batched', 'credited'))), name='charge_state_is_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charge',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c33d1b030a6a52040099882cc7c3e70b871d946f', operation='DELETE', pgid='pgtrigger_never_deleted_d6b69', table='bookings_charge', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charge',
            trigger=pgtrigger.compiler.Trigger(name='facts_never_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."booking_id" IS DISTINCT FROM (NEW."booking_id") OR OLD."credits_id" IS DISTINCT FROM (NEW."credits_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."partnership_id" IS DISTINCT FROM (NEW."partnership_id") OR OLD."pence" IS DISTINCT FROM (NEW."pence") OR OLD."policy_version_id" IS DISTINCT FROM (NEW."policy_version_id") OR OLD."purchase_order" IS DISTINCT FROM (NEW."purchase_order") OR OLD."raised_on" IS DISTINCT FROM (NEW."raised_on") OR OLD."session_id" IS DISTINCT FROM (NEW."session_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."words" IS DISTINCT FROM (NEW."words"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='2437345430975d6ed6c4668f995b7d9ee33e3dff', operation='UPDATE', pgid='pgtrigger_facts_never_change_38e41', table='bookings_charge', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charge',
            trigger=pgtrigger.compiler.Trigger(name='sent_stays_sent', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."batch_id" IS DISTINCT FROM (NEW."batch_id") AND OLD."batch_id" IS NOT NULL) OR (OLD."state" = \'batched\' AND NOT (NEW."state" IN (\'batched\', \'credited\'))))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6c7abfee73b5284902febd87ef0153456a5cb937', operation='UPDATE', pgid='pgtrigger_sent_stays_sent_63215', table='bookings_charge', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charge',
            trigger=pgtrigger.compiler.Trigger(name='taken_back_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IN (\'withdrawn\', \'credited\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9a53ffebd0c8c941425ef6eabf0dca00b6ea12a2', operation='UPDATE', pgid='pgtrigger_taken_back_for_good_86966', table='bookings_charge', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='charge',
            trigger=pgtrigger.compiler.Trigger(name='credits_the_whole', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."credits_id" IS NOT NULL)', func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM bookings_charge charge\n                        WHERE charge.id = NEW.credits_id AND charge.state = 'credited'\n                            AND charge.pence = -NEW.pence AND charge.organisation_id = NEW.organisation_id\n                    ) THEN\n                        RAISE EXCEPTION 'a credit note takes back the whole of a charge that was credited'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='782758dcb0549afc231a02c181dd03bf9d4ad935', operation='INSERT', pgid='pgtrigger_credits_the_whole_29dfc', table='bookings_charge', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('partnership', 'batch', 'organisation'), name='one_statement_per_organisation'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3247f8a277e3a11f2afbb8a0a810c4bff68bbab9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_0d211', table='bookings_statement', when='BEFORE')),
        ),
        ProtectTenantTables(),
    ]
