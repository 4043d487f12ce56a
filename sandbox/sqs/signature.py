"""AWS Signature Version 4, recomputed: who does not sign, or signs something else than is sent, is refused.

Algorithm: AWS General Reference, "Signature Version 4 signing process". The key pair is the twin's own and
worth nothing elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import quote

from werkzeug.wrappers import Request

KEY_ID, KEY_SECRET = "AKIATWINTWINTWINTWIN", "twin/secret/worth/nothing/elsewhere"
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/sqs/aws4_request, ?"
    r"SignedHeaders=(?P<names>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})$"
)


def signed(request: Request) -> tuple[str, str] | None:
    """None when the request is rightly signed, else (error type, message)."""
    header = request.headers.get("Authorization", "")
    if not header:
        return "MissingAuthenticationTokenException", "Request is missing Authentication Token"
    found = _HEADER.match(header)
    if found is None:
        return "IncompleteSignatureException", "Authorization header does not have the parts of Signature Version 4"
    if found["key"] != KEY_ID:
        return "UnrecognizedClientException", "The security token included in the request is invalid."
    scope = f"{found['day']}/{found['region']}/sqs/aws4_request"
    canonical = hashlib.sha256(_canonical(request, found["names"]).encode()).hexdigest()
    to_sign = "\n".join(("AWS4-HMAC-SHA256", request.headers.get("X-Amz-Date", ""), scope, canonical))
    expected = hmac.new(_key(found["day"], found["region"]), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, found["signature"]):
        return "InvalidSignatureException", "The request signature we calculated does not match the signature you provided."
    return None


def _canonical(request: Request, names: str) -> str:
    """The request in the form that is signed."""
    path = str(request.environ.get("REQUEST_URI", request.path)).partition("?")[0]
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in request.args.items(multi=True))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";"))
    payload = hashlib.sha256(request.get_data()).hexdigest()
    return "\n".join((request.method, path, "&".join(f"{name}={value}" for name, value in pairs), headers, names, payload))


def _key(day: str, region: str) -> bytes:
    key = f"AWS4{KEY_SECRET}".encode()
    for part in (day, region, "sqs", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
