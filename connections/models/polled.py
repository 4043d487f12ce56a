"""What waits until a provider's program comes to fetch it, and the visits in which it does.

A row is written before anything goes out and answered when something comes back, so that neither a lost answer
nor a killed worker makes anybody send twice.
"""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .connection import Connection
from .raw import RawBlob


class PolledAccess(TenantOwned):
    """By which password a connection's program is let in, and what it said of itself when it was here."""

    prefix = "pac"

    connection = TenantKey(Connection)
    # It has more than two hundred bits of chance, so that a plain hash suffices. "" lets nobody in.
    password_hash = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField()
    first_visit_at = models.DateTimeField(null=True, blank=True)
    last_visit_at = models.DateTimeField(null=True, blank=True)
    # What the other end is known by: the name of the company file and the id we gave it.
    pinned = models.JSONField(default=dict)
    client = models.CharField(max_length=80, blank=True)
    # The last trouble, in words when shown; none after a visit that went well.
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)
    problem_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "connection"], name="polled_access_once")]


class PollVisit(TenantOwned):
    """One visit: from login to farewell. At most one parcel is out at a time."""

    prefix = "pvs"

    connection = TenantKey(Connection)
    ticket_hash = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    refused = models.BooleanField(default=False)
    checked = models.BooleanField(default=False)
    # What is out: {"kind", "name", "rows", "cursor", "call"}; empty between two exchanges.
    out = models.JSONField(default=dict)
    out_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    last_answer_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "ticket_hash"], name="poll_visit_by_ticket")]
        indexes = [models.Index(fields=["tenant", "connection", "-opened_at"], name="poll_visit_recent")]


class PolledCall(TenantOwned):
    """One request that waits, is out, or has its answer. `key` is the same for every retry of the same intent."""

    prefix = "pcl"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        ANSWERED = "answered"
        UNKNOWN = "unknown"  # it went out, and nobody can say what became of it
        WITHDRAWN = "withdrawn"  # taken back before anybody fetched it

    connection = TenantKey(Connection)
    key = models.CharField(max_length=90)
    operation = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    writes = models.BooleanField(default=False)
    iterates = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    request_blob = TenantKey(RawBlob)
    response_blob = TenantKey(RawBlob, null=True, blank=True)
    # The parcel it went out in: what a lost answer is asked for by.
    parcel = models.CharField(max_length=40, blank=True)
    visit = TenantKey(PollVisit, null=True, blank=True)
    call = models.BigIntegerField(null=True, blank=True)  # the exchange in the log, for as long as that is kept
    times_sent = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "connection", "key"], name="polled_call_once")]
        indexes = [
            models.Index(
                fields=["tenant", "connection", "writes", "id"],
                condition=models.Q(state__in=["queued", "sent"]),
                name="polled_call_waiting",
            ),
            models.Index(fields=["tenant", "connection", "subject", "-sent_at"], name="polled_call_about"),
            models.Index(fields=["tenant", "request_blob"], name="polled_call_request_blob"),
            models.Index(fields=["tenant", "response_blob"], name="polled_call_response_blob"),
        ]
