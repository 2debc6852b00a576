from sharing.models.dashboards import SharedView
from sharing.models.filters import Filter
from sharing.models.shares import Share

__all__ = ["Filter", "Share", "SharedView"]
