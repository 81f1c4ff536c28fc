"""The partnership's themes: which there are, a new one, other words, retiring."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.models import Theme
from evaluations.services.merged_themes import Merged, merge_theme, what_merges
from evaluations.services.themes import add_theme, bring_back_theme, change_theme, retire_theme
from evaluations.theme_forms import MergeForm, ThemeForm
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def themes(request: HttpRequest) -> HttpResponse:
    """All of them, with how many answers each has."""
    all_themes = Theme.objects.visible_to(request.actor).select_related("merged_into")
    counted = list(all_themes.annotate(answers=Count("tags")).order_by("key"))
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
@require_http_methods(["GET", "HEAD", "POST"])
def theme_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose another theme, see how many answers are concerned, then merge into it."""
    theme = _theme(request, pk)
    others = Theme.objects.visible_to(request.actor).offered().exclude(pk=pk).order_by("name")
    form = MergeForm(others, request.POST or request.GET or None)
    context = {"theme": theme, "form": form, "others": others.exists()}
    if form.is_valid():
        into = form.cleaned_data["into"]
        if request.method == "POST":
            merged = merge_theme(actor=request.actor, theme=theme, into=into)
            messages.success(request, f"“{theme}” is merged into “{into}”. {_moved(merged)}")
            return redirect("evaluations:themes", request.partnership.slug)
        context |= {"into": into, "merging": what_merges(theme, into)}
    return render(request, "evaluations/themes/merge.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def theme_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a retired one again."""
    theme = bring_back_theme(actor=request.actor, theme=_theme(request, pk))
    messages.success(request, f"“{theme}” is back. Its key is {theme.key.upper()}.")
    return redirect("evaluations:themes", request.partnership.slug)


def _moved(merged: Merged) -> str:
    if not merged.answers:
        return "No answer was about it any more."
    return f"{merged.answers} answer{'' if merged.answers == 1 else 's'} changed."


def _theme(request: HttpRequest, pk: int) -> Theme:
    return get_object_or_404(Theme.objects.visible_to(request.actor).select_related("merged_into"), pk=pk)


def _field(refusal: DomainError) -> str:
    return "key" if "key" in refusal.sentence.lower() else "name"
