"""The audit trail, for the partnership team."""

from django.apps import apps
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from partnerships.audit import actions_recorded
from partnerships.forms import AuditFilter, in_words
from partnerships.models import AuditEntry
from partnerships.permissions import Permission, requires

MOST_ENTRIES = 5000


def _noun(label: str) -> str:
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


@requires(Permission.READ_AUDIT)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Who did what to what, newest first."""
    entries = AuditEntry.objects.filter(partnership=request.partnership)
    form = AuditFilter(request.GET, actions=actions_recorded(request.partnership))
    if form.is_valid():
        if form.cleaned_data["action"]:
            entries = entries.filter(action=form.cleaned_data["action"])
        for word in form.cleaned_data["who"].lower().split():
            entries = entries.filter(person__name_key__contains=word)
    # Without this bound each look would count ten years of entries.
    latest = entries.select_related("person").order_by("-at", "-pk")[:MOST_ENTRIES]
    page = Paginator(latest, 50).get_page(request.GET.get("page"))
    for entry in page:
        entry.words = in_words(entry.action)
        entry.subject = f"{_noun(entry.subject_type)} {entry.subject_id}".strip().capitalize()
        entry.changes = [
            (name.replace("_", " "), entry.before.get(name), entry.after.get(name))
            for name in dict.fromkeys([*entry.before, *entry.after])
            if entry.before.get(name) != entry.after.get(name)
        ]
    active = bool(request.GET.get("action") or request.GET.get("who"))
    return render(
        request,
        "partnerships/audit.html",
        {"filter": form, "active": active, "page": page, "most": MOST_ENTRIES},
    )
