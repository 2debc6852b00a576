from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.web import pagination
from accounts.web.pagination import paginate
from tests.cursors import IMPOSSIBLE, packed
from tests.environment import examples

START = datetime(2026, 1, 1, tzinfo=UTC)
# Few different values, so that there are ties, and rows without any.
moments = st.one_of(st.none(), st.integers(0, 4))
per_example = settings(
    max_examples=examples(24),
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


def words(page, wanted):
    """Say which rows a page has by looking for them among all."""
    if not page.items:
        return ""
    first = wanted.index(page.items[0]) + 1
    return f"{first}–{first + len(page) - 1} of {len(wanted)}"


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
    assert [page.span for page in pages] == [words(page, wanted) for page in pages]
    assert [page.span for page in back] == [words(page, wanted) for page in back]
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


def pages_of(size, cursor="", sort="email"):
    return paginate(User.objects.all(), sort, cursor, size=size)


@pytest.mark.django_db
def test_rows_are_counted_as_far_as_anybody_cares(monkeypatch):
    make([1] * 9)
    monkeypatch.setattr(pagination, "ROWS_COUNTED_UP_TO", 4)

    first = pages_of(3)
    second = pages_of(3, first.next)
    last = pages_of(3, second.next)

    assert [page.span for page in (first, second, last)] == [
        "1–3 of more than 4",
        "4–6 of more than 4",
        "7–9 of 9",
    ]
    assert [page.place for page in (first, second, last)] == ["1–3", "4–6", "7–9 of 9"]


@pytest.mark.django_db
def test_nothing_is_counted_for_a_page_that_nobody_asks(django_assert_num_queries):
    make([1] * 9)

    with django_assert_num_queries(1):
        page = pages_of(3)
        assert page.place == "1–3"
    with django_assert_num_queries(1):
        assert page.span == "1–3 of 9"


@pytest.mark.django_db
def test_where_rows_came_or_went_only_their_number_is_said():
    make([1] * 9)
    first = pages_of(3)
    second = pages_of(3, first.next)
    third = pages_of(3, second.next)
    User.objects.create(email="!@example.com", full_name="First")
    User.objects.create(email="#@example.com", full_name="Second")

    back = pages_of(3, pages_of(3, third.previous).previous)
    assert (back.items, back.span) == (first.items, "11 in all")
    assert pages_of(3, back.previous).span == "1–2 of 11"

    User.objects.filter(email__lt="2").delete()
    later = pages_of(3, second.next)
    assert (len(later), later.span) == (3, "7–9 of 9")
    assert pages_of(2, second.next).span == "7 in all"


@pytest.mark.django_db
@pytest.mark.parametrize("before", [[], [-1], ["6"], [True], [2**31], [1, 2], [None]])
def test_a_cursor_that_does_not_say_where_it_is_leads_on_all_the_same(before):
    make([1] * 9)
    row = in_order("email")[2]

    page = pages_of(3, packed(["next", "email", row.email, row.pk, *before]))
    back = pages_of(1, packed(["previous", "email", row.email, row.pk, *before]))

    assert page.items == in_order("email")[3:6]
    assert (page.span, page.place, back.span) == ("9 in all", "", "9 in all")


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
