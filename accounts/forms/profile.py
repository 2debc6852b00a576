from django import forms
from django.db import transaction

from accounts.models import Action, User
from accounts.names import NameField
from accounts.signing_in.arrivals import record_where_known


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["full_name"]
        field_classes = {"full_name": NameField}
        widgets = {"full_name": forms.TextInput({"autocomplete": "name"})}

    def rename(self, *, by):
        if not self.has_changed():
            return
        changes = [["full_name", self.initial["full_name"], self.instance.full_name]]
        with transaction.atomic():
            self.instance.save(update_fields=["full_name"])
            record_where_known(Action.USER_UPDATED, self.instance, by, changes=changes)
