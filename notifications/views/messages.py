"""The team's list of messages: which could not be sent, and why."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.models import Message
from partnerships.permissions import Permission, requires

MOST_LISTED = 5000


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """Messages in one state, the newest first; without their texts, whose links act for whoever they were sent to."""
    form = _StateForm(request.GET)
    form.is_valid()
    state = form.cleaned_data.get("state") or Message.State.FAILED
    found = (
        Message.objects.filter(partnership=request.partnership, state=state)
        .only(
            "person_id", "to_name", "to_email", "title", "state", "created_at", "sent_at", "attempts", "error"
        )
        .order_by("-created_at", "-pk")
    )
    # Without this bound each look would count ten years of messages.
    page = Paginator(found[:MOST_LISTED], 50).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "most": MOST_LISTED, "state": Message.State(state).label}
    return render(request, "notifications/messages.html", context)


class _StateForm(forms.Form):
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[(state.value, state.label) for state in reversed(Message.State)],
    )
