from allauth.account.forms import ResetPasswordKeyForm

from accounts.invitations import accept


class WelcomeForm(ResetPasswordKeyForm):
    """A new person's first password, which is to accept an invitation."""

    def __init__(self, *args, membership, **kwargs):
        super().__init__(*args, user=membership.user, **kwargs)
        self.organisation = membership.account.organisation

    def join(self, *, by):
        """Return the memberships; none when the invitation closed at this moment."""
        accepted = accept(self.user, self.organisation, by=by)
        if accepted:
            # A hash takes long: not while the accounts are locked.
            self.save()
        return accepted
