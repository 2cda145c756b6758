"""The contract with everything outside the box: topics, messages, transport, accounts, beacons and codes."""
