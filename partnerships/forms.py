"""Forms about people and organisations."""

from django import forms


class SignUpForm(forms.Form):
    """What signing up asks beside email and password."""

    name = forms.CharField(max_length=200, label="Full name", help_text="As it should stand on your certificates.")

    def signup(self, request: object, user: object) -> None:
        """Keep the name with the account (called by allauth before it saves)."""
        user.name = self.cleaned_data["name"]
        user.save()
