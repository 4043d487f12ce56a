"""Telling people what needs them, once, in the way they chose.

kinds      what an alert is about, for rules to choose by
routing    who is told of an alert, how and when: rules, people's wishes, quiet hours, digests
planning   from open and resolved alerts to messages, each a row with its time
sending    messages whose time has come; what fails is tried again, ever later
channels   how a webhook is called: the room that may call addresses says so when the product starts
unsubscribe  a link in every letter that ends them without a login
"""
