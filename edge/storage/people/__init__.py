"""Tables about known people: consents, identifiers, profiles, messages.

`edge.state.identity_lookup` reads them when somebody is recognised; nothing here holds a name.
"""
