"""What every provider owes the house, asked of all of them alike, over real sockets and the product's own door.

    authoriser.py   AuthoriserContract: connect, refresh, revoke, token race, the wrong account
    target.py       TargetContract: write once, find, read back to the penny, refuse in words
    source.py       SourceContract: list, page, go on, meet trouble
    browser.py      BrowserContract: every kind to its end, each entity once, nothing kept
    receiver.py     ReceiverContract: whose delivery it is, and what it tells
    ledger.py       what a ledger's twin must be able to do for the tests
    forms.py        one small document of every kind a ledger takes

A provider's own file names its twin's commands and inherits the tests; nothing in the contracts names a provider.
"""
