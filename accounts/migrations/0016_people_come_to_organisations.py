from django.db import migrations, models


def let_whoever_signed_in_have_come(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    last = User.objects.filter(pk=models.OuterRef("user")).values("last_login")
    memberships = apps.get_model("accounts", "Membership").objects
    memberships.update(entered_at=models.Subquery(last))


class Migration(migrations.Migration):

    dependencies = [("accounts", "0015_sessions_by_their_hash")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="entered_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(
            let_whoever_signed_in_have_come, migrations.RunPython.noop
        ),
    ]
