"""Signal -> message: a library of rules that a marketer writes, tries and publishes, and what makes them real."""
