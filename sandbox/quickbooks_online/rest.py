"""The accounting service's paths below /v3/company/{realm}: what each request asks for, and its answer's envelope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from werkzeug.wrappers import Request

from sandbox.quickbooks_online import accounts, entry, faults, select, service
from sandbox.quickbooks_online.accept import accept
from sandbox.quickbooks_online.company import Body, Company
from sandbox.quickbooks_online.jsonio import dumps, loads
from sandbox.quickbooks_online.kinds import BY_PATH, KINDS, RATE, SINGLE, Kind
from sandbox.quickbooks_online.service import Options
from sandbox.quickbooks_online.show import PACIFIC, gone, moment, show

BATCH_LIMIT: Final = 30
REQUEST_ID_LIMIT: Final = 50
CDC_LIMIT: Final = 1000
CDC_DAYS: Final = 30


def operation(request: Request, rest: str) -> str:
    """A name for what is asked, for fault rules and the journal: `query`, `batch`, `journalentry.create`..."""
    parts = rest.strip("/").split("/")
    if parts[0] in ("query", "batch", "cdc", "taxservice"):
        return parts[0]
    if request.method == "GET":
        return f"{parts[0]}.read"
    asked = _options(request.args)
    if asked.operation == "delete" or asked.void:
        return f"{parts[0]}.{'void' if asked.void else 'delete'}"
    return f"{parts[0]}.{'update' if _names_an_object(request) else 'create'}"


def _names_an_object(request: Request) -> bool:
    try:
        body = loads(request.get_data())
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.get("Id"))


def serve(company: Company, request: Request, rest: str) -> Body:
    """Answer one request, without the time. Raises Fault."""
    if company.lapsed:
        raise faults.lapsed()
    parts = rest.strip("/").split("/")
    match (request.method, parts):
        case (_, ["query"]):
            return {"QueryResponse": select.run(company, _query_text(request))}
        case ("POST", ["batch"]):
            return batch(company, _json(request), request.args.get("requestid"))
        case ("GET", ["cdc"]):
            return changes(company, request.args.get("entities", ""), request.args.get("changedSince", ""))
        case ("POST", ["taxservice", "taxcode"]):
            return tax_service(company, _json(request))
        case ("GET", [name, *ids]) if name in BY_PATH:
            return _read(company, BY_PATH[name], ids, request.args)
        case ("POST", [name]) if name in BY_PATH:
            return _write(company, BY_PATH[name], _json(request), _options(request.args), request.args.get("requestid"))
    raise faults.unsupported_operation(f"{request.method} {rest}")


def _query_text(request: Request) -> str:
    """From the query string, or from a body of text."""
    if request.method == "POST":
        return request.get_data(as_text=True)
    return request.args.get("query", "")


def _json(request: Request) -> Any:
    if "json" not in request.mimetype:
        raise faults.fault(
            "2010", "Request has invalid or unsupported property", f"Content type {request.mimetype} is not supported"
        )
    try:
        return loads(request.get_data())
    except ValueError:
        raise faults.unsupported_property("") from None


def _options(args: Mapping[str, str]) -> Options:
    return Options(args.get("operation", "").lower(), frozenset(filter(None, args.get("include", "").lower().split(","))))


def _read(company: Company, kind: Kind, ids: list[str], args: Mapping[str, str]) -> Body:
    if kind.family == RATE:
        return {"ExchangeRate": exchange_rate(company, args)}
    if kind.family == SINGLE:
        return {kind.name: service.read(company, kind, "1")}
    if len(ids) != 1:
        raise faults.unsupported_operation(f"GET {kind.path}/{'/'.join(ids)}")
    return {kind.name: service.read(company, kind, ids[0])}


def _write(company: Company, kind: Kind, sent: Any, options: Options, request_id: str | None) -> Body:
    if request_id is None:
        return _do(company, kind, sent, options)
    if not 0 < len(request_id) <= REQUEST_ID_LIMIT:
        raise faults.too_long("requestid", REQUEST_ID_LIMIT, len(request_id))
    return once(company, request_id, kind, sent, options)


def once(company: Company, request_id: str, kind: Kind, sent: Any, options: Options) -> Body:
    """The first answer again for a request id that was answered before; a refused request may be tried again."""
    found = company.conn.execute(
        "SELECT body FROM qbo_request WHERE realm = ? AND request_id = ?", (company.realm, request_id)
    ).fetchone()
    if found:
        return dict(loads(found["body"]))
    answer = _do(company, kind, sent, options)
    company.conn.execute(
        "INSERT INTO qbo_request VALUES (?, ?, 200, ?, ?)", (company.realm, request_id, dumps(answer), company.stamp)
    )
    return answer


def _do(company: Company, kind: Kind, sent: Any, options: Options) -> Body:
    if kind.family == RATE:
        return {"ExchangeRate": set_rate(company, sent)}
    return {kind.name: service.write(company, kind, sent, options)}


# Batch


def batch(company: Company, sent: Any, request_id: str | None) -> Body:
    """Up to thirty operations, each on its own: one that is refused undoes nothing but itself."""
    items = sent.get("BatchItemRequest") if isinstance(sent, dict) else None
    if not isinstance(items, list) or not items:
        raise faults.missing("BatchItemRequest")
    if len(items) > BATCH_LIMIT:
        detail = f"Number of items in the batch exceeds the maximum of {BATCH_LIMIT}"
        raise faults.fault("1040", "Batch request limit exceeded", detail)
    return {"BatchItemResponse": [_item(company, item, request_id) for item in items]}


def _item(company: Company, item: Any, request_id: str | None) -> Body:
    b_id = str(item.get("bId", "")) if isinstance(item, dict) else ""
    company.conn.execute("SAVEPOINT item")
    try:
        answer = _item_answer(company, item, b_id, request_id)
        company.conn.execute("RELEASE item")
    except faults.Fault as fault:
        company.conn.execute("ROLLBACK TO item")
        company.conn.execute("RELEASE item")
        answer = {"Fault": fault.data()}
    return {**answer, "bId": b_id}


def _item_answer(company: Company, item: Any, b_id: str, request_id: str | None) -> Body:
    if not isinstance(item, dict):
        raise faults.unsupported_property("BatchItemRequest")
    if "Query" in item:
        return {"QueryResponse": select.run(company, str(item["Query"]))}
    names = [name for name in item if name in KINDS]
    if len(names) != 1 or set(item) - {"bId", "operation", "optionsData", names[0]}:
        raise faults.unsupported_property("BatchItemRequest")
    extras = frozenset(filter(None, str(item.get("optionsData") or "").lower().split(",")))
    options = Options(str(item.get("operation") or "").lower(), extras)
    if not options.operation:
        raise faults.missing("operation")
    if request_id is None:
        return _do(company, KINDS[names[0]], item[names[0]], options)
    return once(company, f"{request_id}:{b_id}", KINDS[names[0]], item[names[0]], options)


# Change data capture


def changes(company: Company, entities: str, since: str) -> Body:
    """What changed since an instant within the last thirty days, deleted objects included."""
    names = [name for name in entities.split(",") if name]
    if not names:
        raise faults.missing("entities")
    at = _since(company, since)
    found, room = [], CDC_LIMIT
    for name in names:
        kind = KINDS.get(name.strip())
        if kind is None or not kind.changes:
            raise faults.invalid_query(f"Entity {name} is not supported by change data capture")
        shown = _changed(company, kind, at)[:room]
        room -= len(shown)
        found.append({kind.name: shown, "startPosition": 1, "maxResults": len(shown)} if shown else {})
    return {"CDCResponse": [{"QueryResponse": found}]}


def _since(company: Company, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+").replace("Z", "+00:00"))
    except ValueError:
        raise faults.fault("2030", "Invalid Date", f"Invalid date : {text}", "changedSince") from None
    at = at if at.tzinfo else at.replace(tzinfo=PACIFIC)
    if at < company.now - timedelta(days=CDC_DAYS):
        raise faults.fault("2030", "Invalid Date", f"changedSince must be within the last {CDC_DAYS} days", "changedSince")
    return at


def _changed(company: Company, kind: Kind, at: datetime) -> list[Body]:
    since = at.astimezone(company.now.tzinfo).replace(microsecond=0).isoformat()
    rows = company.conn.execute(
        "SELECT id FROM qbo_object WHERE realm = ? AND kind = ? AND updated >= ? ORDER BY updated, number",
        (company.realm, kind.name, since),
    ).fetchall()
    found = [stored for row in rows if (stored := company.find(kind.name, row["id"]))]
    return [gone(stored) if stored.deleted else show(company, stored) for stored in found]


# Exchange rates and tax codes


def exchange_rate(company: Company, args: Mapping[str, str]) -> Body:
    currency = args.get("sourcecurrencycode", "")
    if not currency:
        raise faults.missing("sourcecurrencycode")
    day = args.get("asofdate") or company.now.date().isoformat()
    accounts.check_currency(company, currency)
    stored = company.labelled("ExchangeRate", f"{currency}:{day}")
    rate = Decimal(1) if currency == company.home else entry.rate_on(company, currency, day)
    shown = (
        show(company, stored)
        if stored
        else {"MetaData": {"LastUpdatedTime": moment(company.now)}, "domain": "QBO", "sparse": False}
    )
    return {**shown, "SourceCurrencyCode": currency, "TargetCurrencyCode": company.home, "Rate": rate, "AsOfDate": day}


def set_rate(company: Company, sent: Any) -> Body:
    body = accept("ExchangeRate", sent)
    for name in ("SourceCurrencyCode", "Rate", "AsOfDate"):
        if name not in body:
            raise faults.missing(name)
    accounts.check_currency(company, body["SourceCurrencyCode"])
    if body.get("TargetCurrencyCode", company.home) != company.home or body["Rate"] <= 0:
        raise faults.business("A rate is greater than zero and leads to the company's own currency.", "Rate")
    kept = {name: body[name] for name in ("SourceCurrencyCode", "Rate", "AsOfDate")}
    before = company.labelled("ExchangeRate", f"{body['SourceCurrencyCode']}:{body['AsOfDate']}")
    stored = company.replace(before, kept) if before else company.insert("ExchangeRate", kept)
    return {**show(company, stored), "TargetCurrencyCode": company.home}


def tax_service(company: Company, sent: Any) -> Body:
    """Make a tax code with its rates; the only way to make one."""
    name, details = (sent.get("TaxCode"), sent.get("TaxRateDetails")) if isinstance(sent, dict) else (None, None)
    if not name or not isinstance(details, list) or not details:
        raise faults.missing("TaxCode" if not name else "TaxRateDetails")
    if company.labelled("TaxCode", name):
        raise faults.duplicate_name("Another tax code is already using this name.")
    rates: dict[str, list[Body]] = {"Sales": [], "Purchase": []}
    for detail in details:
        side, rate = _rate_for(company, detail)
        rates[side].append({"TaxRateRef": company.refer(rate), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0})
    code = {"Name": name, "Description": name, "Active": True, "Hidden": False, "Taxable": True, "TaxGroup": True}
    lists = {f"{side}TaxRateList": {"TaxRateDetail": found} for side, found in rates.items()}
    stored = company.insert("TaxCode", {**code, **lists})
    return {"TaxCode": name, "TaxCodeId": stored.id, "TaxRateDetails": details}


def _rate_for(company: Company, detail: Body) -> tuple[str, Any]:
    side = detail.get("TaxApplicableOn", "Sales")
    if side not in ("Sales", "Purchase"):
        raise faults.bad_value("TaxApplicableOn", side)
    if detail.get("TaxRateId"):
        return side, company.need("TaxRate", {"value": detail["TaxRateId"]}, "TaxRateId")
    agency = company.need("TaxAgency", {"value": detail.get("TaxAgencyId", "")}, "TaxAgencyId")
    body = {
        "Name": detail.get("TaxRateName"),
        "RateValue": Decimal(str(detail.get("RateValue", "0"))),
        "AgencyRef": {"value": agency.id},
    }
    return side, company.insert("TaxRate", {**body, "Description": body["Name"], "Active": True, "SpecialTaxType": "NONE"})
