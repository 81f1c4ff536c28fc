"""The door for the application server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partnership_portal.settings")
application = get_wsgi_application()

# Loads every view now rather than during the first pages, and takes what was loaded out of the garbage collector's
# rounds: walking all of it in the middle of a page costs more than the page.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
