"""allauth's forms in our words (apart from `forms`, which allauth itself imports)."""

from allauth.account import forms
from django.forms import Field

_LABELS = {
    "remember": "Keep me signed in on this device",
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "New password again",
}


class _OurWords:
    fields: dict[str, Field]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _LABELS.items():
            if name in self.fields:
                self.fields[name].label = label


class SignInForm(_OurWords, forms.LoginForm):
    """Signing in by email address and password."""


class ChangePasswordForm(_OurWords, forms.ChangePasswordForm):
    """Another password, by somebody who knows the present one."""


class SetPasswordForm(_OurWords, forms.SetPasswordForm):
    """A first password."""


class ResetPasswordKeyForm(_OurWords, forms.ResetPasswordKeyForm):
    """A new password, by the link of a message."""
