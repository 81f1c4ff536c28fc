import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0021_bulk_message_missed'),
        ('courses', '0009_asks_pre_course'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='PriceBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cost_pence', models.PositiveIntegerField(blank=True, null=True)),
                ('opened_to_others', models.BooleanField(default=False)),
                ('is_whole', models.BooleanField(default=False, help_text='What the session itself costs was worked out too, or there is no such thing.')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='price_basis', to='courses.session')),
                ('single_agency_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.organisation')),
            ],
            options={
                'verbose_name_plural': 'price bases',
            },
        ),
        ProtectTenantTables(),
    ]
