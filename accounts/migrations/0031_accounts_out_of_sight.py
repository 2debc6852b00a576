from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0030_calls_are_counted_over_hosts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('accessible', False), ('deleted_at__isnull', False), _connector='OR'), fields=['organisation'], name='account_apart'),
        ),
    ]
