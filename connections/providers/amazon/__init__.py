"""Amazon (Selling Partner API): a source."""
