"""Lists in pages: `limit` and `cursor` in, `items`, `next` and a Link header out."""

from typing import Annotated

from pydantic import Field

from accounts.api.v1.fields import Asked
from accounts.rule_violations import RuleViolation
from accounts.web.pagination import is_cursor, paginate

UNREADABLE = "The cursor is not one of this list. Begin again without it."
NextCursor = Annotated[
    str | None,
    Field(
        description="The cursor of the next page; null on the last one.",
        examples=[None],
    ),
]


class Paging(Asked):
    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str = Field(
        "", max_length=2000, description="`next` of the page before, unchanged."
    )

    def page(self, request, response, queryset, sort):
        """Return one page of a queryset, and link to the one after it."""
        if not is_cursor(queryset, sort, self.cursor):
            raise RuleViolation("unreadable_cursor", UNREADABLE, field="cursor")
        page = paginate(queryset, sort, self.cursor, size=self.limit)
        if page.next:
            query = request.GET.copy()
            query["cursor"] = page.next
            response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
        return page
