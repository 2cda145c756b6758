"""Puts a store together and starts it: settings, secrets, parts, the links to broker and centre, and the doctor."""
