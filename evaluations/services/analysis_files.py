"""Analyses of many answers as files: drawn by a job in sight of whoever asked, kept as long as they say what is so."""

import hashlib
import tempfile
from datetime import datetime
from functools import partial

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from evaluations.analysis_documents import Parts, Subject, analysis_parts, write_analysis
from evaluations.models import AnalysisFile, KeptAnalysis
from evaluations.selections import Selection
from evaluations.services.analyses import figures_of, require_reader
from evaluations.tasks import build_analysis_file_task
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.services.builds import Build, TakenOver, ask, delete_files_of_nobody, stuck
from partnerships.services.locks import locked_partnership


def find_file(
    *, actor: Actor, kept: KeptAnalysis, subject: Subject, parts: Parts, ending: str, period: str
) -> AnalysisFile:
    """The file of a kept analysis: the one that says what is so now, else one that a job is drawing.

    What failed is begun again. Who may look is checked each time. Locks the partnership where a job is asked.
    """
    require_reader(actor, Selection.read(kept.selection))
    which = {"analysis": kept, "ending": ending, "period": period}
    stamp = _stamp(subject, parts)
    found = AnalysisFile.objects.visible_to(actor).filter(**which).first()
    if found is not None and _is_current(found, stamp):
        return found
    with transaction.atomic():
        locked_partnership(actor)
        found = (
            AnalysisFile.objects.select_for_update().filter(partnership=actor.partnership, **which).first()
        )
        if found is not None and _is_current(found, stamp):
            return found
        file = found or AnalysisFile(partnership=actor.partnership, **which)
        file.title, file.about, file.name = subject.title, subject.about, subject.file_name
        _begin_again(file)
        audit.record(
            actor, "evaluations.ask_for_analysis_file", file, after={"analysis": kept.pk, "ending": ending}
        )
    return file


def build_file(*, actor: Actor, file_id: int) -> None:
    """Draw the file of a kept analysis; of its figures, and of themes and quotes as they are when it begins."""
    build = Build.begin(AnalysisFile, actor.partnership, file_id)
    if build is None:
        return
    row, stored = build.row, ""
    try:
        with build.step("Reading what people wrote", 5):
            kept = row.analysis
            figures, as_of = figures_of(kept), kept.as_of
            if figures is None or as_of is None:
                raise TakenOver
            subject = Subject(row.title, row.about, row.name, as_of)
            selection = Selection.read(kept.selection)
            parts = analysis_parts(actor.partnership, figures, selection, period=row.period)
        drawing = "Drawing the pages" if row.ending == "pdf" else "Writing the sheets"
        with build.step(drawing, 35), tempfile.TemporaryFile() as stream:
            write_analysis(stream, row.ending, actor.partnership, subject, parts)
            name = f"{_folder(actor.partnership)}/{row.pk}-{build.attempt}.{row.ending}"
            stored = default_storage.save(name, File(stream))
        build.finish(actor, "evaluations.build_analysis_file", file=stored, stamp=_stamp(subject, parts))
    except TakenOver:
        if stored:
            default_storage.delete(stored)


def drop_files(partnership: Partnership) -> None:
    """Delete every file, since words that stand in one may not stay; what is being drawn is begun again.

    For services that take words or a quote away. Locks the files.
    """
    for file in AnalysisFile.objects.select_for_update().filter(partnership=partnership).order_by("pk"):
        if file.state == AnalysisFile.State.BUILDING:
            _begin_again(file)
        else:
            _delete_stored(file)
            file.delete()


def requeue_stuck_files(partnership: Partnership, now: datetime) -> None:
    """Job: queue again the files that have made no progress for five minutes."""
    for file_id in stuck(AnalysisFile, partnership, now):
        build_analysis_file_task.delay(partnership.pk, file_id)


def forget_files(partnership: Partnership, now: datetime) -> None:
    """Job: delete what is stored of analyses that are not kept any more."""
    delete_files_of_nobody(AnalysisFile, partnership, _folder(partnership))


def _stamp(subject: Subject, parts: Parts) -> str:
    """Another one as soon as the file would say something else; the figures are those of their moment."""
    return hashlib.sha256(repr((subject, parts.words)).encode()).hexdigest()


def _is_current(file: AnalysisFile, stamp: str) -> bool:
    """Tell whether nothing is to be done: it is being drawn, or says what is so."""
    if file.state == AnalysisFile.State.READY:
        return file.stamp == stamp and default_storage.exists(file.file)
    return file.state == AnalysisFile.State.BUILDING


def _begin_again(file: AnalysisFile) -> None:
    _delete_stored(file)
    file.file = ""
    ask(file, timezone.now())
    file.save()
    # When the broker is away it waits for ``requeue_stuck_files``.
    queue = partial(build_analysis_file_task.delay, file.partnership_id, file.pk)
    transaction.on_commit(queue, robust=True)


def _delete_stored(file: AnalysisFile) -> None:
    if file.file:
        transaction.on_commit(partial(default_storage.delete, file.file), robust=True)


def _folder(partnership: Partnership) -> str:
    return f"analyses/{partnership.slug}"
