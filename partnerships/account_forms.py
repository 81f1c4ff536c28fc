"""allauth's forms in our words (apart from `forms`, which allauth itself imports)."""

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """Signing in by email address and password."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if "remember" in self.fields:
            self.fields["remember"].label = "Keep me signed in on this device"
