"""/v1/authentication/groups: answers that the Go client does not try eight times."""

import pytest

from tests.api.calls import coded, invalid

GROUPS = "/v1/authentication/groups"


def test_nobody_has_groups(api, sub_api):
    assert api.get(GROUPS) == (200, [])
    assert sub_api.get(GROUPS) == (200, [])


@pytest.mark.parametrize(
    "groups", [[], [{"group": "platform", "userRole": "USER_ROLE_READONLY"}]]
)
def test_groups_are_refused_with_a_reason(api, groups):
    assert api.post(GROUPS, groups) == coded(
        "authentication/SSO_DISABLED",
        "Single sign-on is not enabled here, so there are no groups.",
    )


def test_what_is_no_group_is_told_first(api):
    assert api.post(GROUPS, [{"group": "platform"}]) == invalid(
        "/authentication/groups", ("0.userRole", "must be given")
    )
