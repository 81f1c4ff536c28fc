from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partnerships', '0004_audit_by_action'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='purchase_order',
            field=models.CharField(blank=True, help_text='Charges quote it.', max_length=60, verbose_name='usual purchase order number or cost code'),
        ),
    ]
