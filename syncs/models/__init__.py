from .flow import Flow, FlowVersion
from .inbox import Case, RecordEdit
from .integration import Integration, Watermark
from .ledger import (
    Binding,
    DocumentLine,
    DocumentRevision,
    LedgerDocument,
    LineTrace,
    PaymentApplication,
    PeriodLock,
    PostingAttempt,
    RevenueClaim,
)
from .mapping import MappingRule, MappingSet, MappingVersion
from .record import CanonicalRecord
from .run import SyncRun, WorkItem
from .schedule import Due, SyncSchedule

__all__ = [
    "Binding",
    "CanonicalRecord",
    "Case",
    "DocumentLine",
    "DocumentRevision",
    "Due",
    "Flow",
    "FlowVersion",
    "Integration",
    "LedgerDocument",
    "LineTrace",
    "MappingRule",
    "MappingSet",
    "MappingVersion",
    "PaymentApplication",
    "PeriodLock",
    "PostingAttempt",
    "RecordEdit",
    "RevenueClaim",
    "SyncRun",
    "SyncSchedule",
    "Watermark",
    "WorkItem",
]
