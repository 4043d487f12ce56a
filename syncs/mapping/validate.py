"""What is wrong with a mapping before it is published: found by looking, not by failing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canonical.problems import Problem, Where, declare

from .rules import Rule

ACCOUNT_GONE = declare(
    "mapping.account_gone",
    "%(what)s goes to account %(account)s, which the ledger no longer has or has made inactive.",
    "Choose another account for it, or make the account active again in the ledger and refresh.",
)
TAX_CODE_GONE = declare(
    "mapping.tax_code_gone",
    "%(what)s uses tax code %(code)s, which the ledger no longer has or has made inactive.",
    "Choose another tax code for it, or make it active again in the ledger and refresh.",
)
ACCOUNT_CANNOT_TAKE = declare(
    "mapping.account_cannot_take",
    "%(what)s goes to %(account)s, an account of type %(type)s, which settlements cannot be posted to.",
    "Choose an income, expense, current asset or liability account. Receivable and payable accounts need a customer or vendor.",
)
ACCOUNT_IS_SYSTEM = declare(
    "mapping.account_is_system",
    "%(what)s goes to %(account)s, which the ledger keeps for itself.",
    "Choose another account: what is posted there is refused, or distorts the ledger's own reports.",
)
UNMAPPED = declare(
    "mapping.unmapped",
    "%(what)s has no account yet.",
    "Choose an account for it under Mappings.",
)

# Types a settlement line may not go to: they demand a customer or vendor on the line.
_NEEDS_ENTITY = frozenset({"Accounts Receivable", "Accounts Payable"})


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account of the ledger as reference data has it. `system`: the ledger keeps it for itself, no line may stand on it."""

    external_id: str
    name: str
    type: str
    active: bool
    currency: str = ""
    system: bool = False


def problems(
    rules: Iterable[Rule],
    *,
    accounts: Mapping[str, KnownAccount],
    tax_codes: Mapping[str, bool],
    needed_roles: Iterable[str] = (),
) -> list[Problem]:
    """Everything that would make a posting fail later. `tax_codes` tells which ids are active."""
    found: list[Problem] = []
    listed = list(rules)
    for rule in listed:
        where = Where(field=str(rule.target))
        if rule.treat_as and not rule.account_id:
            continue  # the row goes where its kind goes
        account = accounts.get(rule.account_id)
        if account is None or not account.active:
            found.append(
                Problem(ACCOUNT_GONE, {"what": rule.target.name, "account": rule.account_name or rule.account_id}, where)
            )
        elif account.type in _NEEDS_ENTITY:
            params = {"what": rule.target.name, "account": account.name, "type": account.type}
            found.append(Problem(ACCOUNT_CANNOT_TAKE, params, where))
        elif account.system:
            found.append(Problem(ACCOUNT_IS_SYSTEM, {"what": rule.target.name, "account": account.name}, where))
        if rule.tax_code_id and not tax_codes.get(rule.tax_code_id, False):
            found.append(Problem(TAX_CODE_GONE, {"what": rule.target.name, "code": rule.tax_code_id}, where))
    mapped = {rule.target.name for rule in listed if rule.target.of == "role" and not rule.sku_group}
    found += [Problem(UNMAPPED, {"what": role}, Where(field=f"role:{role}")) for role in needed_roles if role not in mapped]
    return found
