from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "partnership_portal"
    verbose_name = "Partnership Portal"
