import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0005_changing_sessions'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('terms', models.TextField()),
            ],
            options={
                'ordering': ['-starts_on', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='session',
            name='cost_pence',
            field=models.PositiveIntegerField(blank=True, help_text='What rules that charge at cost ask for: a place, or the whole session.', null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='opened_to_others',
            field=models.BooleanField(default=False, help_text='A single-agency session that is open to everybody, within the priorities.'),
        ),
        migrations.AddField(
            model_name='session',
            name='single_agency_for',
            field=models.ForeignKey(blank=True, help_text='The organisation that trains its own staff here, under an agreement.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='own_sessions', to='partnerships.organisation'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(('opened_to_others', False), ('single_agency_for__isnull', False), _connector='OR'), name='only_single_agency_sessions_are_opened'),
        ),
        migrations.AddField(
            model_name='agreement',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='partnerships.organisation'),
        ),
        migrations.AddField(
            model_name='agreement',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='agreement_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.UniqueConstraint(fields=('partnership', 'organisation', 'starts_on'), name='one_agreement_per_start'),
        ),
        ProtectTenantTables(),
    ]
