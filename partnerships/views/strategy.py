"""How this portal follows the partnership's strategy, clause by clause."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from partnerships.models import SubGroup
from partnerships.permissions import public
from partnerships.queries import framework, policy_stages, rules_in_force, statements_in_force


@public
def strategy(request: HttpRequest) -> HttpResponse:
    """Show the policy in force in words, with the source of each rule and how it has changed."""
    stages = policy_stages(request.partnership, timezone.now())
    context = {
        "chapters": rules_in_force(stages),
        "statements": statements_in_force(stages),
        "groups": framework(request.partnership),
        "stages": stages,
        "subgroups": SubGroup.objects.filter(partnership=request.partnership),
    }
    return render(request, "partnerships/strategy.html", context)
