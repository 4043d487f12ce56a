"""The errors inbox: everything that could not go on by itself, grouped by what one act can mend.

live       what is in trouble now, read from the records, documents, runs and connections themselves
cases      who sees to a trouble and how it ended; follows what is live, may be run at any time
acts       what people do: retry, correct and retry, give to somebody, put aside
editing    which fields of a held record may be corrected, and with what
mending    causes that are over for all records at once: a mapping published, a list read again
remedies   one choice in place that mends a whole group
places     where in the product a trouble is mended
"""
