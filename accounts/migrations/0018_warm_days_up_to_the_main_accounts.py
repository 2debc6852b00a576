from django.db import migrations, models
from django.db.models import Max


def give_main_accounts_the_most_days(apps, schema_editor):
    """No sub account keeps logs longer in the warm tier than its main account."""
    accounts = apps.get_model("accounts", "Account").objects
    subs = accounts.filter(kind="sub", snap_search_retention_days__isnull=False)
    most = subs.order_by().values("organisation").annotate(
        days=Max("snap_search_retention_days")
    )
    for row in most:
        mains = accounts.filter(kind="main", organisation=row["organisation"])
        lower = models.Q(snap_search_retention_days=None) | models.Q(
            snap_search_retention_days__lt=row["days"]
        )
        mains.filter(lower).update(snap_search_retention_days=row["days"])


class Migration(migrations.Migration):

    dependencies = [("accounts", "0017_generations_never_repeat")]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="snap_search_retention_days",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.RunPython(
            give_main_accounts_the_most_days, migrations.RunPython.noop
        ),
    ]
