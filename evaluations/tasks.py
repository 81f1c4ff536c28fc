"""Jobs of the bundles of certificates, of the analysis and of its files."""

from celery import shared_task


@shared_task
def build_bundle_task(partnership_id: int, bundle_id: int) -> None:
    """Put one bundle together; may run twice, and be killed in between."""
    from evaluations.services.bundles import build_bundle
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    build_bundle(actor=system(partnership, "build bundle"), bundle_id=bundle_id)


@shared_task
def build_analysis_task(partnership_id: int, analysis_id: int) -> None:
    """Add up one analysis; may run twice, and be killed in between."""
    from evaluations.services.analyses import build_analysis
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    build_analysis(actor=system(partnership, "build analysis"), analysis_id=analysis_id)


@shared_task
def build_analysis_file_task(partnership_id: int, file_id: int) -> None:
    """Draw the file of one analysis; may run twice, and be killed in between."""
    from evaluations.services.analysis_files import build_file
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    build_file(actor=system(partnership, "build analysis file"), file_id=file_id)
