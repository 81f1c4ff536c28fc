import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0036_emailed'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConcernRedaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(choices=[('outcome', 'What was done'), ('reason', 'Why it was opened again')], max_length=10)),
                ('is_whole', models.BooleanField(help_text='The whole text, or a part of it.')),
                ('reason', models.CharField(max_length=250)),
                ('redacted_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['redacted_at', 'pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='earlieroutcome',
            name='append_only',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='earlieroutcome',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='4f06314d42dec4134bffd30264bb040e909edd72', operation='DELETE', pgid='pgtrigger_never_deleted_460a8', table='evaluations_earlieroutcome', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='earlieroutcome',
            trigger=pgtrigger.compiler.Trigger(name='words_only_go', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF to_jsonb(OLD) - 'outcome' - 'reason' <> to_jsonb(NEW) - 'outcome' - 'reason'\n        OR (OLD.outcome <> NEW.outcome AND position('[removed by the team]' IN NEW.outcome) = 0)\n        OR (OLD.reason <> NEW.reason AND position('[removed by the team]' IN NEW.reason) = 0)\n    THEN\n        RAISE EXCEPTION 'what was done stays, but for words that are taken out'\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'words_only_go';\n    END IF;\n    RETURN NEW;\n", hash='c0e799126e39890eb195f22ef5198097a58a4289', operation='UPDATE', pgid='pgtrigger_words_only_go_06ed6', table='evaluations_earlieroutcome', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='concernredaction',
            name='concern',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redactions', to='evaluations.concern'),
        ),
        migrations.AddField(
            model_name='concernredaction',
            name='earlier',
            field=models.ForeignKey(blank=True, help_text='Where it was taken out of what was written before the concern was opened again.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.earlieroutcome'),
        ),
        migrations.AddField(
            model_name='concernredaction',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddField(
            model_name='concernredaction',
            name='redacted_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person'),
        ),
        migrations.AddConstraint(
            model_name='concernredaction',
            constraint=models.CheckConstraint(condition=models.Q(('text', 'outcome'), ('earlier__isnull', False), _connector='OR'), name='reason_is_of_an_earlier_outcome'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='concernredaction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d4a8d901ed327deba65a20a1faa16a6a736f58a9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_df00c', table='evaluations_concernredaction', when='BEFORE')),
        ),
        ProtectTenantTables(),
    ]
