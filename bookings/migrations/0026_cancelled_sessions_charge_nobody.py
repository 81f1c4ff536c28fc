from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0025_held_evidence")]

    operations = [
        migrations.AddField(
            model_name="pricebasis",
            name="status",
            field=models.CharField(
                choices=[("draft", "Draft"), ("published", "Open for booking"), ("cancelled", "Cancelled")],
                default="published",
                help_text="A session that was cancelled charges nobody.",
                max_length=10,
            ),
        ),
    ]
