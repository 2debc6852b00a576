"""How a person of the tests says who they are."""

from playwright.sync_api import expect

PASSWORD = "a long and dull password"


def with_password(user):
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(page, email):
    # The page that leads here may have a field of that name, too.
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_identity(page):
    """Answer the question that stands before what needs a fresh sign-in."""
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
