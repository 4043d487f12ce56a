"""Where JSON of the accounting service differs from Intuit's published XML types, each line with its source.

`LENGTHS` replace or add a length; `SHAPES` are objects that exist in JSON only; `ENUMS` add values.
Sources: L = ledgers.md (section), S = schema file and type, C = a vendor client's own reading.
"""

from __future__ import annotations

from typing import Final

# (type, property) -> longest value. The types' prose states lengths of the desktop product or older ones.
LENGTHS: Final[dict[tuple[str, str], int]] = {
    ("Transaction", "DocNumber"): 21,  # L 1.5 common transaction fields, L 0 "doc number limit"
    ("Transaction", "PrivateNote"): 4000,  # L 1.5 common transaction fields
    ("Account", "Name"): 100,  # L 1.5 Account
    ("Item", "Name"): 100,  # L 1.5 Item; S Finance.xsd Item.Name names both 31 (desktop) and 100
    ("NameBase", "DisplayName"): 500,  # L 1.5 Customer
    ("NameBase", "GivenName"): 100,  # L 1.5 Customer "names <=100"; the type's prose still says 25
    ("NameBase", "MiddleName"): 100,  # L 1.5 Customer; prose 5 or 15
    ("NameBase", "FamilyName"): 100,  # L 1.5 Customer; prose 25 or 15
    ("NameBase", "FullyQualifiedName"): 500,  # follows DisplayName, L 1.5 Customer; prose 41 or 209
    ("Item", "FullyQualifiedName"): 500,  # names nested to five levels of 100, L 1.5 Item; prose 41 or 209
    ("PhysicalAddress", "Line1"): 500,  # L 1.5 Customer "address lines <=500"; prose 41 (desktop)
    ("PhysicalAddress", "Line2"): 500,  # as Line1
    ("PhysicalAddress", "Line3"): 500,  # as Line1
    ("PhysicalAddress", "Line4"): 500,  # as Line1
    ("PhysicalAddress", "Line5"): 500,  # as Line1
}

# Objects that JSON has and the types have not: property -> type, `[T]` a list, `?` optional, `*` any value.
SHAPES: Final[dict[str, dict[str, str]]] = {
    # L 1.3: business fault. S IntuitRestServiceDef.xsd Fault, Error (attributes become properties).
    "FaultEnvelope": {"Fault": "Fault", "time": "xs:dateTime", "requestId": "?xs:string"},
    # L 1.3: gateway fault, lower-case keys; the null members are as seen by vendor clients.
    "GatewayFault": {
        "warnings": "?*", "intuitObject": "?*", "fault": "GatewayFaultBody", "report": "?*", "queryResponse": "?*",
        "batchItemResponse": "?*", "attachableResponse": "?*", "syncErrorResponse": "?*", "requestId": "?*", "time": "?*",
        "status": "?*", "cdcresponse": "?*",
    },
    "GatewayFaultBody": {"error": "[GatewayError]", "type": "xs:string"},  # L 1.3
    "GatewayError": {"message": "xs:string", "detail": "xs:string", "code": "xs:string", "element": "?*"},  # L 1.3
    # L 1.2: batch. S IntuitRestServiceDef.xsd BatchItemRequest, BatchItemResponse; the entity's own name is one more property.
    "BatchRequest": {"BatchItemRequest": "[BatchItemRequest]"},
    "BatchAnswer": {"BatchItemResponse": "[BatchItemResponse]", "time": "xs:dateTime"},
    # L 1.2: change data capture. S IntuitRestServiceDef.xsd CDCResponse.
    "ChangesAnswer": {"CDCResponse": "[CDCResponse]", "time": "xs:dateTime"},
    "QueryAnswer": {"QueryResponse": "QueryResponse", "time": "xs:dateTime"},  # L 1.2
    # L 1.4: webhooks, CloudEvents and the older form. Not part of the XML types.
    "CloudEvent": {
        "specversion": "xs:string", "id": "xs:string", "source": "xs:string", "type": "xs:string", "datacontenttype": "xs:string",
        "time": "xs:dateTime", "intuitentityid": "xs:string", "intuitaccountid": "xs:string", "data": "*",
    },
    "Notifications": {"eventNotifications": "[Notification]"},
    "Notification": {"realmId": "xs:string", "dataChangeEvent": "DataChange"},
    "DataChange": {"entities": "[ChangedEntity]"},
    "ChangedEntity": {"name": "xs:string", "id": "xs:string", "operation": "xs:string", "lastUpdated": "xs:dateTime"},
    # L 1.5: tax service. S SalesTax.xsd TaxService; its answer has no envelope.
    "TaxServiceAnswer": {
        "TaxCode": "xs:string", "TaxCodeId": "xs:string", "TaxRateDetails": "[TaxRateDetails]", "time": "?xs:dateTime",
    },
}  # fmt: skip

# (type, property) -> values that are valid besides the enumeration's.
ENUMS: Final[dict[tuple[str, str], tuple[str, ...]]] = {}

# Properties that the types do not require but a body of this kind must have: (entity -> names), for requests that create.
# L 1.5 "minimum create payload".
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "JournalEntry": ("Line",),
    "Deposit": ("DepositToAccountRef", "Line"),
    "Account": ("Name",),
    "SalesReceipt": ("Line",),
    "Invoice": ("CustomerRef", "Line"),
    "Payment": ("CustomerRef", "TotalAmt"),
    "Transfer": ("FromAccountRef", "ToAccountRef", "Amount"),
    "Purchase": ("PaymentType", "AccountRef", "Line"),
    "Bill": ("VendorRef", "Line"),
}
# A sparse update and a delete may leave everything else out. L 1.2 "Full update blanks omitted writable fields; sparse update".
IDENTITY: Final = ("Id", "SyncToken")
