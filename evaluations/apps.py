from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"

    def ready(self) -> None:
        """Let certificates follow from the register."""
        from bookings.attended import when_attended
        from evaluations.services.certificates import issue_to_attended

        when_attended(issue_to_attended)
