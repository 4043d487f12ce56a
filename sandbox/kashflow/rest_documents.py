"""REST operations on invoices, purchases and their payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from sandbox.kashflow import documents, payments, problems, rules
from sandbox.kashflow.call import Answer, Call, Route, inside, listed, moment, money, paged, whole
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.documents import NA, PURCHASES, SALES, SIDES, Side
from sandbox.kashflow.money import rounded
from sandbox.kashflow.rest_parties import currency, need, need_document

_PATHS: Final = {"invoices": SALES, "purchases": PURCHASES}
_BULK: Final = "BulkPayment"


def _reference(side: Side) -> str:
    return f"{side.party}Reference"


def _taken_in(company: Company, side: Side, sent: Body, old: Stored | None) -> Body:
    """What REST sends, by the names of the SOAP type; what isn't sent stays as it was."""
    code = sent.get(f"{side.party}Code")
    body: Body = dict(old.body) if old else {}
    if code:
        body["CustomerID"] = need(company, side.party, str(code)).id
    elif not old:
        raise problems.missing(f"{side.party}Code")
    names = (("IssuedDate", "InvoiceDate"), ("DueDate", "DueDate"), (_reference(side), "CustomerReference"))
    body |= {name: sent[theirs] for theirs, name in names if sent.get(theirs) is not None}
    asked = inside(sent, "Currency")
    if asked.get("Code"):
        body["CurrencyCode"], body["ExchangeRate"] = str(asked["Code"]), money(asked.get("ExchangeRate"), "ExchangeRate")
    if sent.get("LineItems") is not None or not old:
        body["Lines"] = [_line_in(company, side, line) for line in listed(sent.get("LineItems"), "LineItems")]
    body["InvoiceNumber"] = whole(sent.get("Number"), "Number")
    return body


def _line_in(company: Company, side: Side, sent: Body) -> Body:
    level = NA if sent.get("VATExempt") else money(sent.get("VATLevel"), "VATLevel")
    quantity, rate = money(sent.get("Quantity"), "Quantity"), money(sent.get("Rate"), "Rate")
    vat = sent.get("VATAmount")
    if vat is None:
        vat = rounded(rounded(quantity * rate) * max(level, Decimal(0)) / 100)
    code = whole(sent.get("NominalCode"), "NominalCode")
    product = company.coded("Product", sent["ProductCode"]) if sent.get("ProductCode") else None
    if sent.get("ProductCode") and product is None:
        raise problems.unknown("product", sent["ProductCode"])
    return {
        "Quantity": quantity, "Rate": rate, "VatRate": level, "VatAmount": money(vat, "VATAmount"),
        "Description": sent.get("Description"), "ChargeType": company.nominal(code).id if code else 0,
        "ProductID": product.id if product else 0, "ProjID": whole(sent.get("ProjectNumber"), "ProjectNumber"),
    }  # fmt: skip


def _brief(company: Company, stored: Stored) -> Body:
    """As lists show it: without lines and payments."""
    side = SIDES[stored.kind]
    party = company.find(side.party, stored.parent)
    net, vat = documents.totals(company, stored)
    paid = documents.paid(company, stored)
    due = net + vat - paid
    overdue = (company.now.date() - date.fromisoformat(stored.body["DueDate"][:10])).days if due else 0
    return {
        "Id": stored.id, "Number": stored.number, "IssuedDate": moment(stored.body["InvoiceDate"]),
        "DueDate": moment(stored.body["DueDate"]), "NetAmount": net, "VATAmount": vat,
        **({"GrossAmount": net + vat} if side is SALES else {}), "HomeCurrencyGrossAmount": net + vat, "TotalPaidAmount": paid,
        "DueAmount": due, "OverdueDays": max(overdue, 0), "Status": "Paid" if not due else "Overdue" if overdue > 0 else "Unpaid",
        f"{side.party}Id": stored.parent, f"{side.party}Code": party.body["Code"] if party else "",
        f"{side.party}Name": party.body["Name"] if party else "", _reference(side): stored.body["CustomerReference"],
        "Currency": currency(company, stored.body["CurrencyCode"], stored.body["ExchangeRate"]),
    }  # fmt: skip


def _whole(company: Company, stored: Stored) -> Body:
    side = SIDES[stored.kind]
    shown = _brief(company, stored)
    if side is PURCHASES:
        shown.pop("SupplierId")
    return {
        **shown, "GrossAmount": shown["NetAmount"] + shown["VATAmount"],
        "Permalink": f"{company.root}/app/{company.id}/{stored.kind.lower()}/{stored.number}",
        "LineItems": [_line_out(company, place, line) for place, line in enumerate(stored.body["Lines"], 1)],
        "PaymentLines": [_payment_out(one) for one in payments.of(company, stored)],
    }  # fmt: skip


def _line_out(company: Company, place: int, line: Body) -> Body:
    nominal = company.find("Nominal", line["ChargeType"])
    product = company.find("Product", line["ProductID"])
    level = line["VatRate"]
    return {
        "Number": place, "Description": line["Description"], "Quantity": line["Quantity"], "Rate": line["Rate"],
        "VATLevel": 0 if level == NA else int(level) if level == int(level) else level, "VATExempt": level == NA,
        "VATAmount": line["VatAmount"], "NominalId": line["ChargeType"],
        "NominalCode": nominal.body["Code"] if nominal else 0, "NominalName": nominal.body["Name"] if nominal else "",
        "ProductCode": product.body["Code"] if product else "", "ProjectNumber": line["ProjID"],
    }  # fmt: skip


def _payment_out(payment: Body) -> Body:
    return {
        "Id": payment["PayID"], "Date": moment(payment["PayDate"]), "Amount": payment["PayAmount"],
        "Method": payment["PayMethod"], "AccountId": payment["PayAccount"], "Note": payment["PayNote"],
        "BulkId": payment.get("BulkId", 0),
        "IsPaymentCreditNote": not payment["PayAccount"],
    }  # fmt: skip


def _pay_lines(company: Company, side: Side, stored: Stored, sent: Any) -> None:
    """The payments sent become the document's: new ones are made, those no longer named are taken back."""
    if sent is None:
        return
    lines = listed(sent, "PaymentLines")
    named = {whole(line.get("Id"), "Id") for line in lines}
    for payment in payments.of(company, stored):
        if payment["PayID"] not in named:
            payments.unpay(company, side, payment["PayID"])
    for line in lines:
        if not line.get("Id"):
            payments.pay(company, side, _payment_in(line, stored.number))


def _payment_in(line: Body, number: int) -> Body:
    return {
        "PayInvoice": number, "PayDate": line.get("Date"), "PayNote": line.get("Note"),
        "PayMethod": whole(line.get("Method"), "Method"), "PayAccount": whole(line.get("AccountId"), "AccountId"),
        "PayAmount": money(line.get("Amount"), "Amount"),
    }  # fmt: skip


def _list(side: Side) -> Route:
    def answered(call: Call) -> Answer:
        args, company = call.args, call.company
        where = "AND day >= ? AND day <= ?"
        values: list[Any] = [args.get("issuedatefrom", "")[:10], args.get("issuedateto", "9999")[:10]]
        if args.get(f"{side.party.lower()}code"):
            where += " AND parent = ?"
            values.append(need(company, side.party, args[f"{side.party.lower()}code"]).id)
        if args.get("searchtext"):
            where += " AND instr(lower(coalesce(reference, '') || ' ' || number), lower(?)) > 0"
            values.append(args["searchtext"])
        found = company.all(side.kind, where, values)
        if args.get("order", "").lower() == "desc":
            found.reverse()
        return paged(call, found, lambda one: _brief(company, one))

    return answered


def _get(side: Side) -> Route:
    return lambda call: Answer(_whole(call.company, need_document(call.company, side, call.hole("number"))))


def _create(side: Side) -> Route:
    def answered(call: Call) -> Answer:
        sent = call.object()
        made = documents.save(call.company, side, _taken_in(call.company, side, sent, None))
        _pay_lines(call.company, side, made, sent.get("PaymentLines"))
        return Answer(_whole(call.company, made), 201)

    return answered


def _update(side: Side) -> Route:
    def answered(call: Call) -> Answer:
        old = need_document(call.company, side, call.hole("number"))
        sent = call.object()
        made = documents.save(call.company, side, _taken_in(call.company, side, sent, old), old)
        _pay_lines(call.company, side, made, sent.get("PaymentLines"))
        return Answer(_whole(call.company, made))

    return answered


def _delete(side: Side) -> Route:
    def answered(call: Call) -> Answer:
        documents.remove(call.company, need_document(call.company, side, call.hole("number")))
        return Answer(None, 204)

    return answered


def _next(side: Side) -> Route:
    return lambda call: Answer(call.company.next_number(side.kind))


# Bulk payments: one sum into or out of an account for several documents


def _bulk_side(call: Call) -> Side:
    side = _PATHS.get(call.holes["objectType"].lower())
    if side is None:
        raise problems.unknown("object type", call.holes["objectType"])
    return side


def _bulk_create(call: Call) -> Answer:
    side, sent, company = _bulk_side(call), call.object(), call.company
    items = listed(sent.get("PaymentItems"), "PaymentItems")
    if not items:
        raise problems.missing("PaymentItems")
    when = rules.day(sent.get("Date"), "Date")
    made = company.insert(
        _BULK,
        {"Comment": rules.text(sent.get("Comment"), "Comment"), "Side": side.kind},
        number=company.next_number(_BULK),
        day=when,
    )
    for item in items:
        line = {
            **sent,
            "Note": sent.get("Comment"),
            "Date": item.get("PaidDate") or sent.get("Date"),
            "Amount": item.get("Amount"),
        }
        payment = payments.pay(company, side, _payment_in(line, whole(item.get("ObjectNumber"), "ObjectNumber")))
        company.replace(payment, {**payment.body, "BulkId": made.id})
    return Answer(_bulk(company, side, made))


def _bulk_need(call: Call, side: Side) -> Stored:
    stored = call.company.numbered(_BULK, call.hole("number"))
    if stored is None or stored.body["Side"] != side.kind:
        raise problems.unknown("bulk payment", call.holes["number"])
    return stored


def _bulk_parts(company: Company, side: Side, stored: Stored) -> list[Stored]:
    return [one for one in company.all(side.payment) if one.body.get("BulkId") == stored.id]


def _bulk(company: Company, side: Side, stored: Stored) -> Body:
    items = []
    for part in _bulk_parts(company, side, stored):
        document = company.find(side.kind, part.parent)
        number = document.number if document else 0
        items.append(
            {"Id": part.id, "Amount": part.body["PayAmount"], "PaidDate": moment(part.body["PayDate"]), "ObjectNumber": number}
        )
    return {"Number": stored.number, "Date": moment(stored.day), "Comment": stored.body["Comment"], "PaymentItems": items}


def _bulk_get(call: Call) -> Answer:
    side = _bulk_side(call)
    return Answer(_bulk(call.company, side, _bulk_need(call, side)))


def _bulk_delete(call: Call) -> Answer:
    side = _bulk_side(call)
    stored = _bulk_need(call, side)
    for part in _bulk_parts(call.company, side, stored):
        payments.unpay(call.company, side, part.id)
    call.company.remove(stored)
    return Answer(None)


ROUTES: Final[dict[str, Route]] = {
    "GET /invoices": _list(SALES),
    "POST /invoices": _create(SALES),
    "GET /invoices/{number}": _get(SALES),
    "PUT /invoices/{number}": _update(SALES),
    "DELETE /invoices/{number}": _delete(SALES),
    "GET /purchases": _list(PURCHASES),
    "POST /purchases": _create(PURCHASES),
    "GET /purchases/{number}": _get(PURCHASES),
    "PUT /purchases/{number}": _update(PURCHASES),
    "DELETE /purchases/{number}": _delete(PURCHASES),
    "GET /nextavailableinvoicenumber": _next(SALES),
    "GET /nextavailablepurchasenumber": _next(PURCHASES),
    "POST /{objectType}/bulk/payments": _bulk_create,
    "GET /{objectType}/bulk/payments/{number}": _bulk_get,
    "DELETE /{objectType}/bulk/payments/{number}": _bulk_delete,
}
