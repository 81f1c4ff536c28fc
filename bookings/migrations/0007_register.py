import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0006_declared'),
        ('courses', '0004_cancelled_as_draft'),
        ('partnerships', '0004_audit_by_action'),
    ]

    operations = [
        migrations.CreateModel(
            name='WalkIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(help_text='Names the form that was sent, so that sending it again adds nobody.')),
                ('organisation_said', models.CharField(blank=True, max_length=200)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='accessneeds',
            name='dietary',
            field=models.TextField(blank=True, verbose_name='other dietary needs'),
        ),
        migrations.AddField(
            model_name='accessneeds',
            name='diets',
            field=models.JSONField(blank=True, default=list, help_text="Codes of Diet, for the caterer's count."),
        ),
        migrations.AddField(
            model_name='attendance',
            name='arrived_late',
            field=models.DateTimeField(blank=True, help_text='When, if after the start.', null=True),
        ),
        migrations.AddField(
            model_name='attendance',
            name='before',
            field=models.JSONField(blank=True, help_text='The mark that this one replaced, empty if none; null if undone.', null=True),
        ),
        migrations.AddField(
            model_name='attendance',
            name='left_early',
            field=models.DateTimeField(blank=True, help_text='When, if before the end.', null=True),
        ),
        migrations.AddField(
            model_name='attendance',
            name='marked_how',
            field=models.CharField(choices=[('trainer', 'marked by a trainer'), ('team', 'marked by the partnership team'), ('self', 'checked in themselves'), ('report', 'from the meeting report')], default='trainer', max_length=10),
        ),
        migrations.AlterField(
            model_name='accessneeds',
            name='text',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='attendance',
            name='marked_at',
            field=models.DateTimeField(help_text='When the mark was made, which may be before it arrived here.'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(('mark', 'present'), models.Q(('arrived_late__isnull', True), ('left_early__isnull', True)), _connector='OR'), name='only_the_present_come_and_go'),
        ),
        migrations.AddField(
            model_name='walkin',
            name='booking',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='walk_in', to='bookings.booking'),
        ),
        migrations.AddField(
            model_name='walkin',
            name='partnership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.partnership'),
        ),
        migrations.AddField(
            model_name='walkin',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partnerships.person'),
        ),
        migrations.AddIndex(
            model_name='walkin',
            index=models.Index(condition=models.Q(('settled_at__isnull', True), models.Q(('organisation_said', ''), _negated=True)), fields=['partnership'], name='walk_in_to_settle'),
        ),
        migrations.AddConstraint(
            model_name='walkin',
            constraint=models.UniqueConstraint(fields=('partnership', 'key'), name='walk_in_added_once'),
        ),
        ProtectTenantTables(),
    ]
