"""The partnership's themes: which there are, a new one, other words, retiring."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.models import Theme
from evaluations.services.themes import add_theme, bring_back_theme, change_theme, retire_theme
from evaluations.theme_forms import ThemeForm
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def themes(request: HttpRequest) -> HttpResponse:
    """All of them, with how many answers each has."""
    counted = list(Theme.objects.visible_to(request.actor).annotate(answers=Count("tags")).order_by("key"))
    context = {
        "offered": [one for one in counted if not one.retired_at],
        "retired": [one for one in counted if one.retired_at],
    }
    return render(request, "evaluations/themes/list.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def theme_new(request: HttpRequest) -> HttpResponse:
    """Add one."""
    form = ThemeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            theme = add_theme(actor=request.actor, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(_field(refusal), refusal.sentence)
        else:
            messages.success(request, f"“{theme}” is added. Its key is {theme.key.upper()}.")
            return redirect("evaluations:themes", request.partnership.slug)
    return render(request, "evaluations/themes/form.html", {"form": form})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def theme_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Say it in other words."""
    theme = _theme(request, pk)
    initial = {"name": theme.name, "description": theme.description, "key": theme.key}
    form = ThemeForm(request.POST if request.method == "POST" else None, initial=initial)
    if theme.retired_at:
        del form.fields["key"]
    if form.is_valid():
        try:
            change_theme(actor=request.actor, theme=theme, **{"key": theme.key, **form.cleaned_data})
        except DomainError as refusal:
            form.add_error(_field(refusal), refusal.sentence)
        else:
            messages.success(request, "The theme is saved.")
            return redirect("evaluations:themes", request.partnership.slug)
    return render(request, "evaluations/themes/form.html", {"form": form, "theme": theme})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def theme_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what retiring means, then offer it no more."""
    theme = _theme(request, pk)
    if request.method == "POST":
        retire_theme(actor=request.actor, theme=theme)
        messages.success(request, f"“{theme}” is retired. The answers that have it keep it.")
        return redirect("evaluations:themes", request.partnership.slug)
    context = {"theme": theme, "answers": theme.tags.count()}
    return render(request, "evaluations/themes/retire.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def theme_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a retired one again."""
    theme = bring_back_theme(actor=request.actor, theme=_theme(request, pk))
    messages.success(request, f"“{theme}” is back. Its key is {theme.key.upper()}.")
    return redirect("evaluations:themes", request.partnership.slug)


def _theme(request: HttpRequest, pk: int) -> Theme:
    return get_object_or_404(Theme.objects.visible_to(request.actor), pk=pk)


def _field(refusal: DomainError) -> str:
    return "key" if "key" in refusal.sentence.lower() else "name"
