"""One company of a ledger's twin, connected as a person would connect it, and what can be done to it from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from canonical.accounting import AccountRef, AccountType, Document, DocumentType, PartyRef
from connections import registry, services
from connections.contracts import (
    CompanyFacts,
    Door,
    ExternalAccount,
    Found,
    ItemSpec,
    Outcome,
    PartySpec,
    PostRequest,
    ReferenceItem,
    Target,
)
from connections.http import door_for
from connections.models import Connection
from connections.registry import provider

Done = TypeVar("Done")


class Ledger:
    """What a provider's own test file fills in. `home` is the company's currency, `writes` says which operation of the
    twin writes a document type. Everything else is the product's own."""

    provider: str
    home: str
    country: str
    renews = True  # whether its credential of the moment ends by itself
    other_currencies: dict[str, str] = {}  # currency -> an amount with all its decimals; the ledger can be written in it

    def __init__(self, twins: Any) -> None:
        self.twins = twins
        self.connection = self.connect()
        found = registry.provider(self.provider).target
        assert found is not None
        self.target: Target = found
        self._made: dict[str, AccountRef] = {}
        self._facts: CompanyFacts | None = None

    @classmethod
    def documents(cls) -> frozenset[DocumentType]:
        """The kinds of document it takes; asked before there is a world."""
        found = registry.provider(cls.provider).target
        assert found is not None
        return found.forms.documents

    # ------------------------------------------------------------ for the provider's own file

    def connect(self) -> Connection:
        """Consent, credentials or whatever it takes; ends with an active connection."""
        raise NotImplementedError

    def writes(self, document_type: str) -> str:
        """The twin's name for the operation that creates such a document: where faults strike."""
        raise NotImplementedError

    def held(self, document_type: str) -> int:
        """How many live documents of this type the ledger itself lists, whoever wrote them."""
        raise NotImplementedError

    def close_books(self, through: date) -> None:
        """Somebody closes the period up to and with this day."""
        raise NotImplementedError

    def retire(self, account: AccountRef) -> None:
        """Somebody makes an account inactive."""
        raise NotImplementedError

    def expire(self) -> None:
        """The credential of the moment ends, as it does every half hour."""
        raise NotImplementedError

    def revoke(self) -> None:
        """The customer takes the permission back, over there."""
        raise NotImplementedError

    def supplier(self) -> PartyRef:
        """Whom a purchase is from; asked only where the ledger takes purchases."""
        raise NotImplementedError

    def settle(self, act: Callable[[], Done]) -> Done:
        """Do something at the target. A ledger that comes to fetch its work is let do so until the act is done."""
        return act()

    # ------------------------------------------------------------ trouble

    def command(self, verb: str, **details: Any) -> Any:
        return self.twins.command(self.provider, verb, **details)

    def fault(self, kind: str, document_type: str = "", **details: Any) -> Any:
        operation = self.writes(document_type) if document_type else "*"
        return self.twins.fault(self.provider, kind, operation, **{"count": 1, **details})

    def struck(self) -> bool:
        """Whether every fault that was laid has struck: a test whose trouble never came proves nothing."""
        return all(fault["remaining"] == 0 for fault in self.twins.get("/world/faults"))

    # ------------------------------------------------------------ the product's side

    @property
    def door(self) -> Door:
        return door_for(Connection.objects.get(pk=self.connection.pk))

    @property
    def account(self) -> ExternalAccount:
        return self.connection.account()

    @property
    def company(self) -> CompanyFacts:
        if self._facts is None:
            self._facts = self.settle(lambda: self.target.company(self.door, self.account))
        return self._facts

    def references(self, *kinds: str) -> dict[tuple[str, str], ReferenceItem]:
        def read() -> dict[tuple[str, str], ReferenceItem]:
            pages = self.target.reference_pages(self.door, self.account, kinds or self.target.reference_kinds, since=None)
            return {(item.kind, item.external_id): item for page in pages for item in page}

        return self.settle(read)

    def refresh(self) -> None:
        self.settle(lambda: services.refresh_reference(connection=self.connection, full=True))

    def make(self, name: str, kind: AccountType, role: str = "") -> AccountRef:
        """An account of this name, made when it is not there."""
        if name not in self._made:
            spec = {"name": name, "type": str(kind), "subtype": "", **({"role": role} if role else {})}
            item = self.settle(lambda: self.target.create_account(self.door, self.account, spec, request_id=f"make-{name}"[:36]))
            self._made[name] = AccountRef(item.external_id, item.name)
        return self._made[name]

    def existing(self, kind: AccountType) -> AccountRef:
        """An account of this type that the company has anyway."""
        for item in self.references("account").values():
            usable = (item.active and not item.facts.get("system")) or kind in (AccountType.RECEIVABLE, AccountType.PAYABLE)
            if item.facts.get("type") == kind and usable and str(item.facts.get("currency") or self.home) == self.home:
                return AccountRef(item.external_id, item.name)
        raise LookupError(f"{self.provider} has no account of type {kind}")

    def customer(self, name: str = "Amazon.com sales") -> PartyRef:
        item = self.settle(
            lambda: self.target.create_party(self.door, self.account, PartySpec(name), request_id=f"party-{name}"[:36])
        )
        return PartyRef(item.external_id, item.name)

    def item(self, sku: str, income: AccountRef) -> tuple[str, str]:
        spec = ItemSpec(name=sku, sku=sku, account=income.key)
        made = self.settle(lambda: self.target.create_item(self.door, self.account, spec, request_id=f"item-{sku}"[:36]))
        return made.external_id, made.name

    def request(self, document: Document, key: str, **changes: Any) -> PostRequest:
        """A document as posting hands it over. `key` makes its marker, number and request id."""
        marker = f"tieout:{key:0>40}"
        number = changes.pop("number", "") or self.target.number(key, "")
        payload = self.target.payload(document, number=number, marker=marker, company=self.company)
        return PostRequest(marker, f"tie-{key}", document, payload, number, **changes)

    def post(self, *requests: PostRequest) -> list[Outcome]:
        return self.settle(lambda: self.target.post(self.door, self.account, requests))

    def find(self, *requests: PostRequest) -> dict[str, Found]:
        return self.settle(lambda: self.target.find(self.door, self.account, requests))

    def read(self, document: Document, external_id: str) -> Found | None:
        kind = document.document_type.value
        return self.settle(lambda: self.target.read(self.door, self.account, kind, external_id))

    def remove(self, document: Document, external_id: str, version: str) -> Outcome:
        kind = document.document_type.value
        return self.settle(lambda: self.target.remove(self.door, self.account, kind, external_id, version))

    def problems(self, document: Document) -> Sequence[Any]:
        return self.target.problems(document, company=self.company, references=self.references())

    def forget_company(self) -> None:
        """What the company says of itself has changed over there."""
        self._facts = None


def key_of(connection: Connection) -> str:
    return provider(connection.provider).info.key
