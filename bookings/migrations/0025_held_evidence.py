import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0024_tasks_of_the_course'),
        ('courses', '0010_course_sectors'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='HeldEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('evidence_type', models.CharField(choices=[('application/pdf', 'PDF'), ('image/png', 'PNG picture'), ('image/jpeg', 'JPEG picture')], max_length=20)),
                ('content', models.BinaryField()),
                ('held_at', models.DateTimeField()),
                ('held_for', models.ForeignKey(help_text='Whoever is making the list.', on_delete=django.db.models.deletion.CASCADE, related_name='+', to='partnerships.person')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='courses.session')),
            ],
            options={
                'indexes': [models.Index(fields=['partnership', 'held_for', 'session'], name='held_evidence_of_a_list'), models.Index(fields=['partnership', 'held_at'], name='held_evidence_by_age')],
                'constraints': [models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('content'), 5242880), name='held_evidence_is_small')],
            },
        ),
        ProtectTenantTables(),
    ]
