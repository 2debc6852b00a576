from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_names_belong_to_memberships'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('slot', models.IntegerField(primary_key=True, serialize=False)),
                ('level', models.FloatField(default=0)),
                ('counted_at', models.DateTimeField()),
                ('opens_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'tries',
            },
        ),
        migrations.AddField(
            model_name='user',
            name='last_code_step',
            field=models.BigIntegerField(default=0),
        ),
    ]
