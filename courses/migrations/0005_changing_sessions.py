import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0004_cancelled_as_draft'),
        ('partnerships', '0004_audit_by_action'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProgrammeCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_year', models.PositiveSmallIntegerField(help_text='The year in which the copied year begins.')),
                ('chosen', models.JSONField(help_text="Pairs of a session's key and the first day of its copy.")),
                ('refused', models.JSONField(default=list, help_text="Pairs of a session's key and why it was not copied.")),
                ('done', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('copying', 'Being copied'), ('done', 'Copied')], default='copying', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'programme copies',
                'ordering': ['-requested_at'],
            },
        ),
        migrations.CreateModel(
            name='SchoolHoliday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
            ],
            options={
                'ordering': ['first_day', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='session',
            name='copied_for_year',
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='copied_from',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='courses.session'),
        ),
        migrations.AddField(
            model_name='session',
            name='decide_again_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='decided_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='decision',
            field=models.CharField(blank=True, choices=[('go_ahead', 'Goes ahead'), ('cancelled', 'Cancelled'), ('merged', 'Merged with another session'), ('postponed', 'Decision postponed')], editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='session',
            name='decision_note',
            field=models.CharField(blank=True, editable=False, max_length=250),
        ),
        migrations.AddField(
            model_name='session',
            name='lecture_style',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='session',
            name='lecture_style_reason',
            field=models.CharField(blank=True, max_length=250),
        ),
        migrations.AddField(
            model_name='session',
            name='merged_into',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_here', to='courses.session'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(('lecture_style', False), models.Q(('lecture_style_reason', ''), _negated=True), _connector='OR'), name='lecture_style_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(condition=models.Q(('copied_for_year__isnull', False), models.Q(('status', 'cancelled'), _negated=True)), fields=('partnership', 'copied_from', 'copied_for_year'), name='session_copied_once_a_year'),
        ),
        migrations.AddField(
            model_name='programmecopy',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddField(
            model_name='programmecopy',
            name='requested_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person'),
        ),
        migrations.AddField(
            model_name='schoolholiday',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddIndex(
            model_name='programmecopy',
            index=models.Index(fields=['partnership', 'state'], name='programme_copy_by_state'),
        ),
        migrations.AddConstraint(
            model_name='schoolholiday',
            constraint=models.UniqueConstraint(fields=('partnership', 'first_day'), name='one_holiday_per_first_day'),
        ),
        migrations.AddConstraint(
            model_name='schoolholiday',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='holiday_ends_in_order'),
        ),
        ProtectTenantTables(),
    ]
