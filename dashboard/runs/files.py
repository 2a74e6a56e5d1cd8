"""What the rows of a run have made, as one zip: written as it is read, one file in memory at a time."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

import structlog
from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from billing.audit.reading import note_export
from billing.jobs import kinds
from billing.jobs.files import count_files, files_of
from billing.jobs.models import Run, RunFile
from dashboard.access import NotPermitted, who_may
from dashboard.staff.actors import actor_of

log = structlog.get_logger(__name__)


@require_safe
@who_may("exports.run")
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The zip, for whoever started the run and nobody else; noted as an export."""
    run = get_object_or_404(Run, pk=pk, kind__in=kinds.names())
    actor = actor_of(request.user)
    if run.started_by_ref != actor.ref:
        raise NotPermitted("exports.run")
    count = count_files(run)
    if not count:
        messages.error(request, "These files are no longer kept: start the work again.")
        return redirect("runs:show", pk=pk)
    now = timezone.now()
    note_export(
        screen=str(run.asked.get("screen", "")),
        filters=f"{count} files of run {run.pk}",
        actor=actor,
        request_id=getattr(request, "request_id", ""),
        now=now,
    )
    log.info("files_taken", run=run.pk, files=count, actor=actor.ref)
    response = StreamingHttpResponse(zipped(files_of(run)), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name_of(run, now)}"'
    response.headers["X-Accel-Buffering"] = "no"
    patch_cache_control(response, private=True, no_store=True)
    return response


def name_of(run: Run, now: datetime) -> str:
    return f"{run.asked.get('screen') or 'files'}-{now:%Y-%m-%d}-{run.pk}.zip"


def zipped(files: Iterator[RunFile]) -> Iterator[bytes]:
    """The bytes of the archive, a file at a time; two files of one name stay two."""
    sink = _Sink()
    seen: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            name = file.name if file.name not in seen else f"{file.row_id}-{file.name}"
            seen.add(name)
            entry = zipfile.ZipInfo(name, timezone.localtime(file.made_at).timetuple()[:6])
            archive.writestr(entry, bytes(file.content))
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that only goes forward and forgets what was taken."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._held += piece
        return len(piece)

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held
