from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.web.pagination import paginate
from tests.cursors import IMPOSSIBLE, packed

START = datetime(2026, 1, 1, tzinfo=UTC)
# Few different values, so that there are ties, and rows without any.
moments = st.one_of(st.none(), st.integers(0, 4))
per_example = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def make(values):
    User.objects.all().delete()
    User.objects.bulk_create(
        User(
            email=f"{number}@example.com",
            full_name=f"Name {number % 3}",
            last_login=None if value is None else START + timedelta(days=value),
        )
        for number, value in enumerate(values)
    )


def in_order(sort):
    """Sort in Python what the pages must show: rows without a value last."""
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    rows = list(User.objects.all())
    known = [row for row in rows if getattr(row, name) is not None]
    known.sort(key=lambda row: (getattr(row, name), row.pk), reverse=backwards)
    unknown = [row for row in rows if getattr(row, name) is None]
    unknown.sort(key=lambda row: row.pk, reverse=backwards)
    return known + unknown


def walk(sort, size, direction, page):
    pages = [page]
    while cursor := getattr(pages[-1], direction):
        pages.append(paginate(User.objects.all(), sort, cursor, size=size))
    return pages


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["last_login", "-last_login", "full_name", "-email"])
@given(values=st.lists(moments, max_size=12), size=st.integers(1, 5))
@per_example
def test_pages_cover_every_row_once_in_order_there_and_back(sort, values, size):
    make(values)
    wanted = in_order(sort)

    pages = walk(sort, size, "next", paginate(User.objects.all(), sort, size=size))
    back = walk(sort, size, "previous", pages[-1])

    assert [row for page in pages for row in page] == wanted
    assert all(len(page) == size for page in pages[:-1])
    assert pages[0].previous is None
    if len(pages) > 1:
        shown = [page.items for page in reversed(back)]
        assert [row for items in shown for row in items] == wanted


@pytest.mark.django_db
def test_a_page_of_nothing_leads_nowhere():
    page = paginate(User.objects.none(), "email")

    assert (page.items, page.next, page.previous, len(page)) == ([], None, None, 0)


@pytest.mark.django_db
def test_a_page_whose_rows_were_deleted_meanwhile_leads_nowhere():
    make([1, 2, 3])
    page = paginate(User.objects.all(), "email", size=2)
    User.objects.all().delete()

    later = paginate(User.objects.all(), "email", page.next, size=2)

    assert (later.items, later.next, later.previous) == ([], None, None)


GARBAGE = [
    "x",
    "%00",
    "ä",
    "=" * 40,
    "A" * 5000,
    packed(None),
    packed(7),
    packed([]),
    packed("next"),
    packed({"a": 1}),
    packed(["next", "email"]),
    packed(["next", "email", "a@example.com"]),
    packed(["next", "email", "a@example.com", "1"]),
    packed(["next", "email", "a@example.com", 0]),
    packed(["next", "email", "a@example.com", -1]),
    packed(["next", "email", "a@example.com", 2**63]),
    packed(["next", "email", "a@example.com", 1.5]),
    packed(["next", "email", "a\x00b", 1]),
    packed(["next", "password", "a", 1]),
    packed(["sideways", "email", "a@example.com", 1]),
    packed(["next", "email", None, 1]),
]


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", GARBAGE)
def test_a_garbage_cursor_gives_the_first_page(cursor):
    make([1, 2, 3])

    page = paginate(User.objects.all(), "email", cursor, size=2)

    assert page.items == in_order("email")[:2]


@pytest.mark.django_db
@pytest.mark.parametrize("value", [5, ["a"], {"a": 1}, True])
def test_a_cursor_of_another_type_is_no_error(value):
    make([1, 2, 3])

    paginate(User.objects.all(), "email", packed(["next", "email", value, True]))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-02-30", "9999-12-31T23:59:59+99:99", 5, {"a": 1}, *IMPOSSIBLE],
)
def test_a_cursor_with_an_impossible_time_gives_the_first_page(text):
    make([1, 2, 3])

    page = paginate(
        User.objects.all(), "last_login", packed(["next", "last_login", text, 1])
    )

    assert page.items == in_order("last_login")
    assert page.previous is None


@pytest.mark.django_db
@given(cursor=st.text(max_size=80))
@per_example
def test_no_text_as_a_cursor_is_an_error(cursor):
    paginate(User.objects.all(), "last_login", cursor)
