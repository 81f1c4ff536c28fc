"""The Celery application: one item per task, and a dead worker's task comes back within seconds."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnership_portal.settings")

app = Celery("partnership_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
