"""What the frame of every page needs: the partnership's colours."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from partnership_portal.colours import stylesheet
from partnerships.permissions import public


@public
def colours(request: HttpRequest) -> HttpResponse:
    """The partnership's palette as a stylesheet, since pages may not carry inline style."""
    response = HttpResponse(stylesheet(request.partnership.brand_colour), content_type="text/css")
    patch_cache_control(response, public=True, max_age=3600)
    return response
