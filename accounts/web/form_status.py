"""The status of a page with a form."""


def status_of(form):
    """Return 422 for a form that was sent and is shown again, else 200."""
    return 422 if form.is_bound else 200
