from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_protect")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, help_text="Builds begun; also tells them apart."),
        ),
        migrations.AddField(
            model_name="report",
            name="touched_at",
            field=models.DateTimeField(
                blank=True, help_text="When the build last told of its progress.", null=True
            ),
        ),
    ]
