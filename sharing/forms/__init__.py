from sharing.forms.filters import DeleteFilterForm, EditFilterForm, FilterForm
from sharing.forms.shares import EditShareForm, ShareForm
from sharing.forms.views import (
    DeleteSharedViewForm,
    EditSharedViewForm,
    SharedViewForm,
)

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
