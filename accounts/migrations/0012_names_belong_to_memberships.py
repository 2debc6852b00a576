from django.db import migrations, models


def give_each_membership_the_name_it_showed(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    name = User.objects.filter(pk=models.OuterRef("user")).values("full_name")
    memberships = apps.get_model("accounts", "Membership").objects
    memberships.update(full_name=models.Subquery(name))


class Migration(migrations.Migration):

    dependencies = [("accounts", "0011_second_factors_bound_to_their_person")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="full_name",
            field=models.CharField(blank=True, default="", max_length=150),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="username",
            field=models.CharField(blank=True, default="", max_length=254),
            preserve_default=False,
        ),
        migrations.RunPython(
            give_each_membership_the_name_it_showed, migrations.RunPython.noop
        ),
    ]
