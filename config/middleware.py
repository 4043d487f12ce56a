"""Headers every answer carries: what a page may load, and that it is nobody else's to keep."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Unfold's pages run Alpine, which evaluates expressions, and carry style attributes. They are served by the console only.
CONSOLE_POLICY = {**POLICY, "script-src": "'self' 'unsafe-eval' 'unsafe-inline'", "style-src": "'self' 'unsafe-inline'"}
METHODS = ("GET", "HEAD", "POST")
API_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")
CONSENT_URLS = ("consent", "authorize")
# In these words because Intuit asks for them, and for no "private", on every page that shows a customer's data.
NOT_KEPT = "no-cache, no-store"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def policy_text(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def form_targets() -> str:
    """Where a form may lead: to us, and from "Connect" on to the consent pages of the providers we offer;
    from the console to the product, whose pages operators visit.

    Browsers apply form-action to every redirect that follows the form.
    """
    if settings.TIEOUT_ROLE == "console":
        return f"'self' {settings.PUBLIC_URL}"
    offered = [place for places in settings.PROVIDERS.values() for place in places.values() if place["client_id"]]
    urls = [url for place in offered for name, url in place["urls"].items() if name.startswith(CONSENT_URLS)]
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls)}
    origins.update(origin for place in offered for origin in place.get("consent_origins", ()))
    return " ".join(["'self'", *sorted(origins)])


class SecurityHeaders:
    """Content-Security-Policy, Permissions-Policy, and no-store on everything that is not a static file."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.policy = policy_text(CONSOLE_POLICY if settings.TIEOUT_ROLE == "console" else POLICY)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request) if self._is_used(request) else HttpResponseNotAllowed(METHODS)
        response.headers.setdefault("Content-Security-Policy", f"{self.policy}; form-action {form_targets()}")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if not request.path.startswith(settings.STATIC_URL) and "public" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = NOT_KEPT
        return response

    @staticmethod
    def _is_used(request: HttpRequest) -> bool:
        """TRACE, CONNECT and whatever else nobody needs are refused before any view sees them."""
        return request.method in METHODS or (request.method in API_METHODS and request.path.startswith("/api/"))
