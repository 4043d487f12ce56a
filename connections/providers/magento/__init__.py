"""Magento Open Source and Adobe Commerce: a shop of its own address, read and, where asked for, written."""
