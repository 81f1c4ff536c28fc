import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0025_held_evidence'),
        ('courses', '0010_course_sectors'),
        ('evaluations', '0018_redaction_of_question'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='redaction',
            name='append_only',
        ),
        migrations.AddField(
            model_name='invitation',
            name='forgotten_at',
            field=models.DateTimeField(blank=True, help_text='When the answers were deleted, kept as long as was promised; from then on it only counts.', null=True),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(condition=models.Q(('forgotten_at__isnull', True)), fields=['partnership', 'session'], name='invitation_to_forget'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invitation',
            trigger=pgtrigger.compiler.Trigger(name='kept_as_long_as_promised', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."forgotten_at" IS DISTINCT FROM (NEW."forgotten_at"))', func="\n    IF OLD.forgotten_at IS NOT NULL THEN\n        RAISE EXCEPTION 'what is forgotten stays forgotten'\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'kept_as_long_as_promised';\n    END IF;\n    IF NOT EXISTS (\n        SELECT FROM partnerships_policyversion policy\n        JOIN courses_session session ON session.id = NEW.session_id\n        WHERE policy.partnership_id = NEW.partnership_id\n        AND session.ends_at + make_interval(years =>\n            coalesce((policy.document #>> '{evaluation,answers_kept_years,value}')::int, 1)\n        ) <= NEW.forgotten_at + interval '1 day'\n        AND EXISTS (\n            SELECT FROM evaluations_invitation asked\n            WHERE asked.session_id = NEW.session_id AND asked.policy_version_id = policy.id\n        )\n    ) THEN\n        RAISE EXCEPTION 'answers are kept as long as was promised'\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'kept_as_long_as_promised';\n    END IF;\n    RETURN NEW;\n", hash='99c27e1a65702d5f9c26d7ceedbfa9aa0ab94880', operation='UPDATE OF "forgotten_at"', pgid='pgtrigger_kept_as_long_as_promised_d18cc', table='evaluations_invitation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='redaction',
            trigger=pgtrigger.compiler.Trigger(name='never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ef72e37e7a93e6504d33318360e6611bad64a866', operation='UPDATE', pgid='pgtrigger_never_changes_6a36a', table='evaluations_redaction', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='redaction',
            trigger=pgtrigger.compiler.Trigger(name='goes_with_the_answers', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NOT EXISTS (\n        SELECT FROM evaluations_invitation WHERE id = OLD.invitation_id AND forgotten_at IS NOT NULL\n    ) THEN\n        RAISE EXCEPTION 'what was taken out of an answer is kept as long as the response'\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'goes_with_the_answers';\n    END IF;\n    RETURN OLD;\n", hash='435d937ab0efdce50ef53f1fe0cbb66be98c2b64', operation='DELETE', pgid='pgtrigger_goes_with_the_answers_10c42', table='evaluations_redaction', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('forgotten_at__isnull', True), models.Q(('state', 'open'), _negated=True), _connector='OR'), name='forgotten_is_not_open'),
        ),
    ]
