"""Tables about known people: consents, identifiers, profiles, messages."""
