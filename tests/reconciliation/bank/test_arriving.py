"""A statement's lines are kept once: within a file equal rows are several, across files and formats they are the same."""

from __future__ import annotations

import pytest

from canonical.problems import Refused
from reconciliation.bank import accounts, services
from reconciliation.models import BankAccount, BankLine, BankMatch, BankStatement
from reconciliation.statements import Layout
from tenants.models import AuditEvent
from tests.reconciliation.bank.conftest import DUE, Desk
from tests.reconciliation.statements.test_ofx_and_camt053 import row, sgml


def test_equal_rows_of_one_file_are_kept_and_overlapping_files_add_nothing(desk: Desk) -> None:
    first = desk.statement((0, "-8.95", "PARCEL"), (0, "-8.95", "PARCEL"), (1, "5.00", "a"))
    second = desk.statement(
        (0, "-8.95", "PARCEL"), (0, "-8.95", "PARCEL"), (0, "-8.95", "PARCEL"), (2, "6.00", "b"), name="2.csv"
    )
    again = desk.statement((0, "-8.95", "PARCEL"), (0, "-8.95", "PARCEL"), (1, "5.00", "a"))
    assert [(one.line_count, one.known_count) for one in (first, second, again)] == [(3, 0), (4, 2), (3, 3)]
    assert sorted(line.description for line in BankLine.objects.all()) == ["PARCEL"] * 3 + ["a", "b"]


def test_the_banks_own_ids_tell_overlaps(desk: Desk) -> None:
    day = f"{DUE:%Y%m%d}"
    first = desk.bring(sgml(row("86.25", "A1", day), row("1.00", "A2", day), currency="EUR"), "1.ofx")
    second = desk.bring(sgml(row("1.00", "A2", day, NAME="other words"), row("86.25", "A3", day), currency="EUR"), "2.ofx")
    assert (first.known_count, second.known_count, BankLine.objects.count()) == (0, 1, 3)


def test_the_same_days_in_another_format_add_nothing(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((0, "86.25", "AMAZON"), (0, "-8.95", "PARCEL"), (0, "-8.95", "PARCEL"))
    day = f"{DUE:%Y%m%d}"
    rows = [row("86.25", "A1", day), *(row("-8.95", f"B{n}", day) for n in range(3))]
    kept = desk.bring(sgml(*rows, currency="EUR"), "same.ofx")
    assert (kept.line_count, kept.known_count) == (4, 3)
    assert BankLine.objects.filter(amount="86.25").count() == 1
    assert desk.rung(one).state == "equal"


def test_columns_are_asked_once_for_an_account(desk: Desk) -> None:
    content = f"When;Who;How much\n{DUE:%d/%m/%Y};AMAZON;86,25\n".encode()
    one = desk.paid("1", "86.25")
    kept = desk.bring(content)
    assert (kept.state, [row["code"] for row in kept.problems]) == ("asks", ["statement.which_columns"])
    layout = Layout(date=0, description=(1,), amount=2)
    assert services.answer(statement=kept, layout=layout).problems[0]["code"] == "statement.which_day"
    kept = services.answer(statement=kept, layout=Layout(date=0, description=(1,), amount=2, day_first=True))
    assert (kept.state, desk.rung(one).state) == ("read", "equal")
    assert desk.bring(content.replace(b"86,25", b"9,99"), "december.csv").state == "read"
    assert AuditEvent.objects.filter(action="bank.columns_chosen").count() == 2
    with pytest.raises(Refused) as caught:
        services.answer(statement=kept, layout=layout)
    assert caught.value.problems[0].code == services.NO_QUESTION


def test_a_refused_file_is_kept_with_its_reasons_and_nothing_of_it_is_used(desk: Desk) -> None:
    kept = desk.bring(f"Date,Description,Amount\n{DUE},a,1.00\n{DUE},b,much\n{DUE},c,1.00\n".encode())
    assert (kept.state, kept.problems[0]["code"], kept.problems[0]["where"]) == ("refused", "statement.bad_amount", {"line": 3})
    assert not BankLine.objects.exists()


def test_a_file_of_no_kind_and_an_account_of_no_ledger_leave_nothing(desk: Desk) -> None:
    for account, content in ((desk.account, b"%PDF-1.7"), ("con_x:1", b"Date,Amount\n2026-11-05,1.00\n")):
        with pytest.raises(Refused):
            services.upload(account=account, file_name="x", content=content)
    assert not BankStatement.objects.exists()


def test_the_accounts_offered_are_those_of_type_bank_with_the_payout_account_first(desk: Desk) -> None:
    offered = accounts.choices()
    assert [(one.name, one.currency, one.pays_out) for one in offered] == [("Bank", "EUR", True)]


def test_a_line_of_another_account_is_not_the_payouts(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.25", "AMAZON"))
    other = BankAccount.objects.create(ledger=desk.integration.ledger, external_id="7", name="Savings", currency="EUR")
    BankLine.objects.update(account=other)
    services.set_window(integration=desk.integration, before=1, after=7)
    assert desk.rung(one).state == "not_available"
    assert BankMatch.objects.get().ended_at is not None
