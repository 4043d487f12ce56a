from .payout import Payout, PayoutSettlement
from .settlement import Settlement, SettlementLine
from .upload import Upload

__all__ = ["Payout", "PayoutSettlement", "Settlement", "SettlementLine", "Upload"]
