from sharing.forms.dashboards import (
    DeleteSharedViewForm,
    EditSharedViewForm,
    SharedViewForm,
)
from sharing.forms.filters import DeleteFilterForm, EditFilterForm, FilterForm
from sharing.forms.shares import EditShareForm, ShareForm

__all__ = [
    "DeleteFilterForm",
    "DeleteSharedViewForm",
    "EditFilterForm",
    "EditShareForm",
    "EditSharedViewForm",
    "FilterForm",
    "ShareForm",
    "SharedViewForm",
]
