from datetime import UTC, datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator


class TimeField(forms.DateTimeField):
    """A moment in the viewer's zone, far enough from the ends of the calendar."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_validators = [
        MinValueValidator(
            datetime(2000, 1, 1, tzinfo=UTC), "Enter a year from 2000 on."
        ),
        MaxValueValidator(
            datetime(2999, 12, 31, tzinfo=UTC), "Enter a year before 3000."
        ),
    ]
