"""Puts the operator's own site in the place of Django's admin."""

from django.contrib.admin.apps import AdminConfig


class OperatorAdminConfig(AdminConfig):
    """Django's admin with the operator's site."""

    default_site = "partnership_portal.operator.OperatorSite"
