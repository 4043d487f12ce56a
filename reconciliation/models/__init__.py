from .bank import BankAccount, BankLine, BankMatch, BankStatement
from .payout import Payout, PayoutSettlement
from .settlement import Settlement, SettlementLine
from .upload import Upload

__all__ = [
    "BankAccount",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "Payout",
    "PayoutSettlement",
    "Settlement",
    "SettlementLine",
    "Upload",
]
