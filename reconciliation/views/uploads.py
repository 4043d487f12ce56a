"""Settlement files brought by hand, and what became of each."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from reconciliation import services
from reconciliation.forms import UploadForm
from reconciliation.models import Upload
from syncs import dispatch
from syncs.models import Integration
from tenants.problems import shown
from tenants.progress import patience
from tenants.roles import Permission
from tenants.web import TenantRequest, refused, tenant_url, tenant_view

PAGE = 30


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.VIEW)
def uploads(request: TenantRequest) -> HttpResponse:
    """The files brought so far; a POST brings more (plain form or dropped files alike)."""
    integrations = list(Integration.objects.select_related("source", "ledger").order_by("name"))
    form = UploadForm(integrations=integrations)
    if request.method == "POST":
        if not request.membership.allows(Permission.UPLOAD):  # the list is for everybody, bringing files is not
            return refused(request, Permission.UPLOAD)
        form = UploadForm(request.POST, request.FILES, integrations=integrations)
        if form.is_valid():
            _keep(request, form, integrations)
            return HttpResponseRedirect(tenant_url(request.tenant, "uploads"))
    kept = Upload.objects.select_related("settlement", "integration", "uploaded_by").order_by("-id")
    page = Paginator(kept, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "integrations": integrations, "seconds": patience(0)}
    return render(request, "reconciliation/uploads.html", context, status=422 if form.errors else 200)


def _keep(request: TenantRequest, form: UploadForm, integrations: list[Integration]) -> None:
    """Each file by itself: one that is refused does not keep the others out."""
    chosen = next(one for one in integrations if one.public_id == form.cleaned_data["integration"])
    kept = 0
    run = None
    for file in form.cleaned_data["file"]:
        try:
            run = services.upload(
                integration=chosen, file_name=file.name, content=file.file, size=file.size, run=run, wakes=False
            ).run
            kept += 1
        except Refused as refusal:
            for problem in refusal.problems:
                words = shown(problem)
                messages.error(request, f"{words.text} {words.remedy}")
    if run is not None:
        dispatch.wake(run)
    if kept:
        messages.success(request, ngettext("%(n)d file taken in.", "%(n)d files taken in.", kept) % {"n": kept})


@require_GET
@tenant_view(Permission.VIEW)
def upload(request: TenantRequest, upload: str) -> HttpResponse:
    """One file: the settlement it became, or why it could not be read."""
    one = get_object_or_404(
        Upload.objects.select_related("settlement", "integration", "uploaded_by", "blob", "run"), public_id=upload
    )
    if one.settlement is not None:
        return HttpResponseRedirect(tenant_url(request.tenant, "settlement", one.settlement.public_id))
    return render(request, "reconciliation/upload.html", {"upload": one})


@require_POST
@tenant_view(Permission.UPLOAD)
def upload_dismiss(request: TenantRequest, upload: str) -> HttpResponse:
    services.dismiss_upload(upload=get_object_or_404(Upload, public_id=upload))
    return HttpResponseRedirect(tenant_url(request.tenant, "uploads"))


@require_GET
@tenant_view(Permission.VIEW)
def upload_row(request: TenantRequest, upload: str) -> HttpResponse:
    """One row of the table, asked again until the file has been read."""
    one = get_object_or_404(Upload.objects.select_related("settlement", "integration", "uploaded_by"), public_id=upload)
    asked = int(request.GET["asked"]) if request.GET.get("asked", "").isdigit() else 0
    context = {"upload": one, "seconds": patience(asked), "asked": asked + 1}
    return render(request, "reconciliation/parts/upload_row.html", context)
