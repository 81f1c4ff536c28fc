from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("courses", "0013_hours_and_level")]

    operations = [
        migrations.AddField(
            model_name="course",
            name="asks_evaluation",
            field=models.BooleanField(default=True, verbose_name="asks those who attended for an evaluation"),
        ),
        migrations.AddField(
            model_name="course",
            name="asks_trainer_feedback",
            field=models.BooleanField(default=False, verbose_name="asks its trainers for feedback"),
        ),
    ]
