import pytest
from django.urls import reverse

from accounts.web.context import settings_area


@pytest.fixture
def frame(client):
    """Return the navigation that a person is offered on a page."""

    def look(person, url):
        client.force_login(person)
        context = client.get(url).context
        return {
            section["heading"]: [item["label"] for item in section["items"]]
            for section in context["nav"]
        }

    return look


def test_admin_of_the_main_account_finds_everything(frame, main, admin):
    nav = frame(admin, reverse("accounts:general", args=[main.pk]))

    assert nav == {
        None: ["General"],
        "Tools": ["Manage tokens", "Refused calls", "Health"],
        "Admin zone": [
            "Manage accounts",
            "All tokens",
            "Policies",
            "Sign-in",
            "Manage users",
            "Groups",
            "Audit trail",
        ],
    }


def test_admin_of_a_child_manages_users_but_no_accounts(frame, sub, sub_admin):
    nav = frame(sub_admin, reverse("accounts:general", args=[sub.pk]))

    assert nav["Admin zone"] == ["Policies", "Manage users", "Audit trail"]


def test_member_has_no_admin_zone(frame, main, member):
    nav = frame(member, reverse("accounts:general", args=[main.pk]))

    assert list(nav) == [None, "Tools"]


def test_staff_find_the_way_back_from_an_account(frame, main, staff):
    nav = frame(staff, reverse("accounts:general", args=[main.pk]))

    assert list(nav)[-1] == "Operator"
    assert "Organisations" in nav["Operator"]


def test_profile_has_pages_of_ones_own(frame, admin, staff):
    own = frame(admin, reverse("accounts:profile"))
    of_staff = frame(staff, reverse("accounts:profile"))

    assert list(own) == ["Your profile"]
    assert list(of_staff) == ["Operator", "Your profile"]


@pytest.mark.parametrize(
    ("name", "current"),
    [
        ("tokens:shipping", "Manage tokens"),
        ("tokens:api", "Manage tokens"),
        ("tokens:all", "All tokens"),
        ("gateway:refused_calls", "Refused calls"),
        ("gateway:webhook", "Refused calls"),
        ("accounts:audit_export", "Audit trail"),
        ("accounts:account_details", "Manage accounts"),
    ],
)
def test_current_page_is_marked(client, main, admin, name, current):
    client.force_login(admin)

    context = client.get(reverse(name, args=[main.pk])).context

    items = [item for section in context["nav"] for item in section["items"]]
    assert [item["label"] for item in items if item["current"]] == [current]


def test_the_pages_of_a_child_belong_to_its_own_settings(client, sub, admin):
    client.force_login(admin)

    context = client.get(reverse("accounts:account_details", args=[sub.pk])).context

    items = [item for section in context["nav"] for item in section["items"]]
    assert [item["label"] for item in items if item["current"]] == ["General"]


def test_stranger_has_no_navigation(client, db):
    assert client.get(reverse("account_login")).context["nav"] == []


def test_frame_stands_without_a_person(rf):
    assert settings_area(rf.get("/"))["nav"] == []


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [("light", "light"), ("dark", "dark"), ('"><script>', ""), ("", "")],
)
def test_theme_is_one_of_ours(rf, cookie, theme):
    request = rf.get("/")
    request.COOKIES["tollgate_theme"] = cookie

    assert settings_area(request)["theme"] == theme
