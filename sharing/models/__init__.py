from sharing.models.filters import Filter
from sharing.models.shares import Share
from sharing.models.views import SharedView

__all__ = ["Filter", "Share", "SharedView"]
