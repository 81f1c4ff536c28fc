"""The demonstration's mailbox: each message is kept as a file, exactly as it would have been sent."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmailBackend(BaseEmailBackend):
    """Writes each message to ``var/mailbox/``, its name beginning with the time so that names sort."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages; gives how many."""
        settings.DEMO_MAILBOX_DIR.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}.eml"
            (settings.DEMO_MAILBOX_DIR / name).write_bytes(message.message().as_bytes())
        return len(email_messages)
