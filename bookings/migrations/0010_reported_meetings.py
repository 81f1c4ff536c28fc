import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0009_charges_from_now_on'),
        ('courses', '0006_charges'),
        ('partnerships', '0005_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportedMeeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('format', models.CharField(choices=[('teams_list', 'Microsoft Teams attendance list'), ('teams_summary', 'Microsoft Teams attendance report of 2021 and 2022'), ('teams_sections', 'Microsoft Teams attendance report'), ('zoom_meeting', 'Zoom participants report'), ('zoom_webinar', 'Zoom webinar attendee report')], max_length=20)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('notes', models.JSONField(blank=True, default=list)),
                ('uploaded_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('session_date', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reported_meetings', to='courses.sessiondate')),
                ('uploaded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
            ],
            options={
                'ordering': ['started_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ReportedPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('is_host', models.BooleanField(default=False)),
                ('times', models.JSONField()),
                ('match', models.CharField(choices=[('matched', 'Matched'), ('probable', 'Probable'), ('unknown', 'Unknown'), ('trainer', 'Trainer')], max_length=10)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('suggestions', models.JSONField(blank=True, default=list, help_text='Keys of the bookings that it may be.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('booking', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.booking')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person')),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='bookings.reportedmeeting')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='reportedmeeting',
            constraint=models.UniqueConstraint(fields=('partnership', 'session_date', 'digest'), name='one_report_per_file_and_date'),
        ),
        migrations.AddConstraint(
            model_name='reportedperson',
            constraint=models.CheckConstraint(condition=models.Q(('match', 'matched'), ('booking__isnull', True), ('decided_at__isnull', False), _connector='OR'), name='only_sure_matches_settle_themselves'),
        ),
        ProtectTenantTables(),
    ]
