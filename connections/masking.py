"""What a log of exchanges may not hold: tokens, secrets, signed addresses. Pure.

Works on the text, not on parsed JSON, because the answers worth looking at are often the broken ones.
"""

from __future__ import annotations

import re

HIDDEN = "***"
_JSON_NAMES = (
    rb"access_token|refresh_token|id_token|client_secret|password|assertion|token|restrictedDataToken|api_key"
    rb"|TemporaryToken|SessionToken"
)
_FORM_NAMES = rb"access_token|refresh_token|id_token|client_secret|password|assertion|token|code|spapi_oauth_code"
_IN_JSON = re.compile(rb'"(' + _JSON_NAMES + rb')"(\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_IN_FORM = re.compile(rb"(^|[?&])(" + _FORM_NAMES + rb")=[^&\s\"]*", re.IGNORECASE)
# A password in a SOAP body; a letter of a memorable word; a session's token in the address that ends it (KashFlow).
_IN_XML = re.compile(rb"(<(?:[\w-]+:)?password\b[^>]*>)[^<]*", re.IGNORECASE)
_LETTER = re.compile(rb'("Position"\s*:\s*\d+\s*,\s*"Value"\s*:\s*)"[^"]*"')
_IN_PATH = re.compile(rb"(/sessiontoken/)[^/?\s\"]+", re.IGNORECASE)
# Pre-signed storage addresses open the file for whoever holds them.
_SIGNED = re.compile(
    rb"((?:X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|sig)=)[^&\s\"\\]+", re.IGNORECASE
)
_SHAPES = re.compile(rb"Atz[ar]\|[\w|+/=-]+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=Bearer )\S+|(?<=KfToken )\S+|(?<=Basic )\S+")


def mask(body: bytes) -> bytes:
    """A body with every secret replaced by `***`, whether JSON, form or anything else."""
    body = _IN_JSON.sub(rb'"\1"\2"***"', body)
    body = _IN_FORM.sub(rb"\1\2=***", body)
    body = _IN_PATH.sub(rb"\1***", _LETTER.sub(rb'\1"***"', _IN_XML.sub(rb"\1***", body)))
    return _SHAPES.sub(b"***", _SIGNED.sub(rb"\1***", body))


def mask_url(url: str) -> str:
    """An address with the secrets of its query replaced."""
    return mask(url.encode()).decode()
