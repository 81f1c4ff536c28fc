"""Which messages I get, and stopping them by the link in one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from notifications.forms import ChoicesForm
from notifications.kinds import subjects
from notifications.preferences import STOP, read_stop_token, unwanted_by
from notifications.services.choices import choose_messages, stop_messages
from partnerships.actors import holder
from partnerships.models import Person
from partnerships.permissions import Permission, holder_of_link, requires


@requires(Permission.CHANGE_OWN_DETAILS)
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """The messages that I can switch off, and why the others come all the same."""
    form = ChoicesForm(
        request.POST if request.method == "POST" else None, off=unwanted_by(request.actor.person)
    )
    if request.method == "POST" and form.is_valid():
        choose_messages(actor=request.actor, wanted=form.cleaned_data["wanted"])
        messages.success(request, "Your choice of messages is saved.")
        return redirect("partnerships:details", request.partnership.slug)
    return render(request, "notifications/choices.html", {"form": form, "subjects": subjects()})


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether messages of this kind should stop; only the button stops them."""
    person_id, category = read_stop_token(request.partnership, token)
    person = get_object_or_404(Person, partnership=request.partnership, pk=person_id)
    stopped = category.code in unwanted_by(person)
    if request.method == "POST":
        stop_messages(actor=holder(request.partnership, STOP, person), person=person, category=category)
        stopped = True
    context = {"category": category, "stopped": stopped}
    return render(request, "notifications/stop.html", context)
