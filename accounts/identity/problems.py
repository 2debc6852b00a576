"""Failures of a provider: each has a sentence for who wants to sign in."""

from allauth.socialaccount.providers.base import ProviderException

ASK = "Try again in a moment. If it stays like this, ask your admin."


class ProviderProblem(ProviderException):
    """`sentence` is for people, `detail` for the log and for staff.

    allauth leads it to `on_authentication_error` of our adapter.
    """

    status = 403
    # Whether it is written down for admins, who may want to know why.
    is_refusal = True

    def __init__(self, sentence, detail=""):
        super().__init__(detail or sentence)
        self.sentence = sentence
        self.detail = detail or sentence


class Away(ProviderProblem):
    """The provider does not answer, or not as one."""

    status = 503
    is_refusal = False

    def __init__(self, detail):
        super().__init__(f"It does not answer right now. {ASK}", detail)


class Refused(ProviderProblem):
    """An answer of the provider that does not hold."""

    status = 401

    def __init__(self, detail):
        super().__init__(
            f"Its answer does not fit what was asked for, so nobody was signed in. {ASK}",
            detail,
        )
