import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0012_confirmed_when_booked'),
        ('courses', '0006_charges'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrainerNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told', models.JSONField(default=dict, help_text='The dates and the place that the trainer was last told.')),
                ('number', models.PositiveSmallIntegerField(default=0, help_text='How often they were written to.')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trainer_notices', to='partnerships.person')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trainer_notices', to='courses.session')),
            ],
        ),
        migrations.AddConstraint(
            model_name='trainernotice',
            constraint=models.UniqueConstraint(fields=('partnership', 'session', 'person'), name='one_notice_per_trainer'),
        ),
        ProtectTenantTables(),
    ]
