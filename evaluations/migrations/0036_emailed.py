from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0035_no_manager"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dipattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("reached", "Reached"),
                    ("no_answer", "No answer"),
                    ("emailed", "Emailed"),
                    ("call_back", "Call back"),
                    ("declined", "Declined"),
                    ("left", "Has left the organisation"),
                ],
                max_length=10,
            ),
        ),
    ]
