from sharing.forms.filters import DeleteFilterForm, EditFilterForm, FilterForm
from sharing.forms.shares import EditShareForm, ShareForm

__all__ = [
    "DeleteFilterForm",
    "EditFilterForm",
    "EditShareForm",
    "FilterForm",
    "ShareForm",
]
