from .bank import BankAccount, BankLine, BankMatch, BankStatement
from .order import Order, Refund
from .payout import Payout, PayoutSettlement
from .settlement import Settlement, SettlementLine
from .upload import Upload

__all__ = [
    "BankAccount",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "Order",
    "Payout",
    "PayoutSettlement",
    "Refund",
    "Settlement",
    "SettlementLine",
    "Upload",
]
