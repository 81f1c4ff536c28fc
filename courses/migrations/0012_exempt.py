from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0011_renewals")]

    operations = [
        migrations.AddField(
            model_name="requirement",
            name="exempt",
            field=models.TextField(
                blank=True, default="", help_text="One kind of people a line.", verbose_name="who is exempt"
            ),
            preserve_default=False,
        ),
    ]
