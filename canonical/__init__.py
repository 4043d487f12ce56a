"""The language every provider speaks: values of commerce and bookkeeping.

Pure: standard library only, no Django, no network, no clock. Everything here is a frozen value.
"""
