from django.db import models
from django.db.models.functions import Lower

from partnerships.tenancy import TenantModel


class Sector(TenantModel):
    """A kind of organisation, such as health or schools, by which attendance is reported."""

    code = models.SlugField()
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["partnership", "code"], name="one_sector_per_code")]

    def __str__(self) -> str:
        return self.name


class CompetencyGroup(TenantModel):
    """A target group or level: what a role must know. Which courses it needs is told by ``courses.Requirement``."""

    code = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    who = models.TextField()
    builds_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refresher_months = models.PositiveSmallIntegerField(null=True, blank=True)
    exemptions = models.TextField(blank=True)
    section = models.CharField("section of the strategy", max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["partnership", "code"], name="one_group_per_code")]

    def __str__(self) -> str:
        return self.title


class Organisation(TenantModel):
    """An employer or voluntary body inside the partnership."""

    name = models.CharField(max_length=200)
    name_key = models.GeneratedField(
        expression=Lower("name"), output_field=models.CharField(max_length=200), db_persist=True
    )
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="organisations")
    charging_class = models.CharField(max_length=40, blank=True)
    purchase_order = models.CharField(
        "usual purchase order number or cost code", max_length=60, blank=True, help_text="Charges quote it."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name_key"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "name_key"], name="one_organisation_per_name")
        ]
        indexes = [models.Index(fields=["partnership", "sector"], name="organisation_by_sector")]

    def __str__(self) -> str:
        return self.name
