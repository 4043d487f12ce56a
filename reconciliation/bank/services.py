"""What people may do with bank statements and matches. Keyword-only, inside a tenant's scope.

Nothing here writes to a ledger, and nothing marks anything reconciled there: that is the accountant's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections import blobs
from connections.contracts import BankDeposit, ShowsBank
from connections.http import door_for
from connections.registry import provider
from reconciliation import planning
from reconciliation.bank import accounts, arriving, matching
from reconciliation.bank.expected import MOST_DAYS, WINDOW, reaching
from reconciliation.bank.matching import Settled, tell
from reconciliation.engine.ladder import PAYOUT_FAILED
from reconciliation.models import BankAccount, BankLine, BankMatch, BankStatement, Payout
from reconciliation.statements import Layout, columns, kind_of, read
from reconciliation.statements.look import Kind
from reconciliation.statements.statement import BankFacts, Movement, Statement
from syncs import services as sync_services
from syncs.models import Integration
from tenants import clock
from tenants.news import audit, current_actor, publish

NOT_THE_AMOUNT = declare(
    "bank.not_the_amount",
    "The line is %(line)s but the payout is %(payout)s: only exactly the same amount can be matched.",
    "Look for a fee at the bank. Book the difference in the ledger; the payout stays open here until the amounts are equal.",
)
TAKEN = declare(
    "bank.taken",
    "That line or payout is matched with another one.",
    "Take that match apart first.",
)
NOT_EXPECTED = declare(
    "bank.not_expected",
    "The marketplace says that this payout did not go out (%(status)s).",
    "Nothing to match. What came back is in a later settlement.",
)
NOT_MATCHED = declare(
    "bank.not_matched",
    "These are not matched any more.",
    "Reload the page to see how they stand now.",
)
NO_SUCH_ACCOUNT = declare(
    "bank.no_such_account",
    "The ledger has no such bank account, or it is inactive.",
    "Refresh the accounts under Connections, then choose again.",
)
CANNOT_SHOW = declare(
    "bank.cannot_show",
    "%(ledger)s does not tell apps what is in its bank accounts.",
    "Upload the bank's statement instead.",
)
NO_QUESTION = declare(
    "bank.no_question",
    "This statement has been read, or cannot be; there is nothing to answer.",
    "Upload it again to read it anew.",
)

# How far back a ledger's deposits are looked at.
LOOK_BACK = timedelta(days=120)


def upload(*, account: str, file_name: str, content: bytes) -> BankStatement:
    """Keep a statement and read it. What cannot be read is kept with its reasons; what must be asked waits for `answer`.

    Raises Refused for a file that is no statement at all, or an account the ledger does not have.
    """
    choice = next((one for one in accounts.choices() if one.key == account), None)
    if choice is None:
        raise Refused(Problem(NO_SUCH_ACCOUNT))
    kind = kind_of(content, file_name)
    blob = blobs.keep(content, media_type="application/octet-stream", origin="upload")
    with transaction.atomic():
        kept = BankStatement.objects.create(
            account=accounts.take(choice),
            file_name=file_name[:255],
            size=len(content),
            blob=blob,
            format=kind.value,
            uploaded_by=current_actor().user,
        )
        audit("bank.statement_uploaded", kept, after={"file": file_name[:255], "sha256": blob.sha256, "account": choice.name})
        _read(kept, content)
    return kept


def answer(*, statement: BankStatement, layout: Layout) -> BankStatement:
    """Say which column is what, or how days and amounts are written. Remembered for the account and this header."""
    if statement.state == BankStatement.State.READ or statement.format != Kind.CSV or statement.blob is None:
        raise Refused(Problem(NO_QUESTION))
    content = blobs.read(statement.blob)
    reading = columns.look(content)
    with transaction.atomic():
        account = BankAccount.objects.select_for_update().get(pk=statement.account_id)
        account.layouts = {**account.layouts, reading.shape.mark: replace(layout, header=any(reading.shape.header)).as_json()}
        account.save(update_fields=["layouts"])
        statement.account = account
        audit("bank.columns_chosen", statement, after=layout.as_json())
        return _read(statement, content)


def _read(kept: BankStatement, content: bytes) -> BankStatement:
    account = kept.account
    remembered = {mark: Layout.from_json(row) for mark, row in account.layouts.items()}
    try:
        found = read(content, name=kept.file_name, currency=account.currency.strip(), remembered=remembered)
    except Refused as refused:
        asks = any(problem.code in columns.QUESTIONS for problem in refused.problems)
        kept.state = BankStatement.State.ASKS if asks else BankStatement.State.REFUSED
        kept.problems = [planning.as_json(problem) for problem in refused.problems]
        kept.save(update_fields=["state", "problems"])
        return kept
    _keep(kept, account, found)
    return kept


def _keep(kept: BankStatement, account: BankAccount, found: Statement) -> Settled:
    BankAccount.objects.select_for_update().get(pk=account.pk)  # one statement of an account at a time
    fresh = arriving.store(kept, account, found)
    publish("bank.statement_read", kept, account=account.public_id, lines=len(found.movements), new=fresh)
    return matching.settle()


@transaction.atomic
def match(*, line: BankLine, payout: Payout, note: str = "") -> BankMatch:
    """A person says that this line is this payout. The day is his to judge; the amount is not."""
    if payout.status.upper() in PAYOUT_FAILED:
        raise Refused(Problem(NOT_EXPECTED, {"status": payout.status}))
    amount, currency = reaching(payout)
    if (line.amount, line.currency) != (amount, currency):
        raise Refused(Problem(NOT_THE_AMOUNT, {"line": f"{line.amount:f} {line.currency}", "payout": f"{amount:f} {currency}"}))
    standing = list(matching.live().filter(payout=payout)) + list(matching.live().filter(line=line).exclude(payout=payout))
    same = next((one for one in standing if one.line_id == line.pk and one.payout_id == payout.pk), None)
    if same is not None and same.why == BankMatch.Why.PERSON:
        return same
    if any(one.why == BankMatch.Why.PERSON for one in standing):
        raise Refused(Problem(TAKEN))
    for old in standing:  # made by itself: a person knows better
        _end(old, reason="", refused=False)
    made = BankMatch.objects.create(
        line=line, payout=payout, why=BankMatch.Why.PERSON, note=note[:200], matched_by=current_actor().user
    )
    audit("bank.matched", made, after={"payout": payout.public_id, "line": line.public_id}, reason=note[:200])
    tell("bank.matched", made)
    matching.settle()
    return made


@transaction.atomic
def unmatch(*, match: BankMatch, reason: str = "") -> BankMatch:
    """Take a match apart. The two are not matched again by themselves; a person may."""
    found = matching.live().select_for_update().filter(pk=match.pk).first()
    if found is None:
        raise Refused(Problem(NOT_MATCHED))
    _end(found, reason=reason, refused=True)
    audit("bank.unmatched", found, before={"payout": found.payout.public_id, "line": found.line.public_id}, reason=reason[:200])
    tell("bank.unmatched", found)
    matching.settle()
    return found


def _end(old: BankMatch, *, reason: str, refused: bool) -> None:
    old.ended_at, old.ended_by, old.ended_reason, old.refused = clock.now(), current_actor().user, reason[:200], refused
    old.save(update_fields=["ended_at", "ended_by", "ended_reason", "refused"])


def set_window(*, integration: Integration, before: int, after: int) -> Settled:
    """How many days before and after the deposit date a bank line may be booked; everything is matched again."""
    if not (0 <= before <= MOST_DAYS and 0 <= after <= MOST_DAYS):
        raise ValueError("days out of bounds")
    options = {**integration.options, WINDOW: {"before": before, "after": after}}
    sync_services.change_integration(integration=integration, options=options)
    return matching.settle()


def look_in_ledger(*, account: str) -> BankStatement:
    """Read the deposits somebody else made in the ledger's bank account, as lines to match with. One look is one statement."""
    choice = next((one for one in accounts.choices() if one.key == account), None)
    if choice is None:
        raise Refused(Problem(NO_SUCH_ACCOUNT))
    target = provider(choice.ledger.provider).target
    if not isinstance(target, ShowsBank):
        raise Refused(Problem(CANNOT_SHOW, {"ledger": choice.ledger.name}))
    today = clock.now().date()
    since = today - LOOK_BACK
    door = door_for(choice.ledger)
    deposits = list(target.bank_deposits(door, choice.ledger.account(), choice.external_id, since=since))
    movements = tuple(_movement(number, deposit) for number, deposit in enumerate(deposits, 1))
    with transaction.atomic():
        kept = BankStatement.objects.create(
            account=accounts.take(choice), format=BankStatement.Format.LEDGER, uploaded_by=current_actor().user
        )
        found = Statement("ledger", choice.currency, movements, since, today, facts=BankFacts())
        _keep(kept, kept.account, found)
        audit("bank.ledger_read", kept, after={"account": choice.name, "deposits": len(movements)})
    return kept


def _movement(number: int, deposit: BankDeposit) -> Movement:
    return Movement(
        line=number,
        booked=deposit.on,
        amount=deposit.amount,
        description=deposit.description[:500],
        reference=deposit.number[:120],
        external_id=deposit.external_id,
    )


def columns_of(statement: BankStatement) -> columns.Reading | None:
    """The CSV as it is to be read now, for the page that asks about it; None for other formats."""
    if statement.blob is None or statement.format != Kind.CSV:
        return None
    remembered: dict[str, Any] = statement.account.layouts
    try:
        return columns.look(blobs.read(statement.blob), {mark: Layout.from_json(row) for mark, row in remembered.items()})
    except Refused:
        return None
