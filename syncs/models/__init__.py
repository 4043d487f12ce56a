from .flow import Flow, FlowVersion
from .inbox import Case, RecordEdit
from .integration import Integration, Watermark
from .ledger import Binding, DocumentLine, DocumentRevision, LedgerDocument, LineTrace, PeriodLock, PostingAttempt
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
    "PeriodLock",
    "PostingAttempt",
    "RecordEdit",
    "SyncRun",
    "SyncSchedule",
    "Watermark",
    "WorkItem",
]
