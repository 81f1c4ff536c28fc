import pgtrigger
from django.db import models
from django.db.models import Q

from courses.models import SessionTrainer
from evaluations.models.invitation import Invitation
from evaluations.querysets import ObservationActionQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel

# The session is locked before anybody looks, so that two who write at once see one another.
_APART = """
    PERFORM 1 FROM courses_session WHERE id = NEW.session_id FOR NO KEY UPDATE;
    IF EXISTS ({other}) THEN
        RAISE EXCEPTION 'whoever trains a session does not observe it'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'observer_never_trains';
    END IF;
    RETURN NEW;
"""


class Observation(Invitation):
    """An observer's invitation; the database refuses a trainer of the session."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="observer_never_trains",
                when=pgtrigger.Before,
                # Not for every answer that is noted down: the session's row is everybody's.
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("respondent_id", "session_id", "state"),
                condition=pgtrigger.Q(new__kind="observation") & ~pgtrigger.Q(new__state="closed"),
                func=_APART.format(
                    other="SELECT FROM courses_sessiontrainer trainer "
                    "WHERE trainer.session_id = NEW.session_id AND trainer.person_id = NEW.respondent_id",
                ),
            )
        ]


class ObservedTrainer(SessionTrainer):
    """Somebody who trains a session; the database refuses whoever observes it."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="trainer_never_observes",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_APART.format(
                    other="SELECT FROM evaluations_invitation seen WHERE seen.kind = 'observation' "
                    "AND seen.state <> 'closed' AND seen.session_id = NEW.session_id "
                    "AND seen.respondent_id = NEW.person_id",
                ),
            )
        ]


class ObservationAction(TenantModel):
    """What was agreed after an observation: what is done, by whom (none: the partnership team) and by when."""

    observation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="actions")
    text = models.CharField(max_length=500)
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ObservationActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="done_action_names_who",
            )
        ]
        indexes = [
            models.Index(
                fields=["partnership", "due_on"],
                condition=Q(done_at__isnull=True),
                name="observation_action_open",
            )
        ]

    def __str__(self) -> str:
        return self.text
