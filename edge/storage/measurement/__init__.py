"""Tables that figures and tests are counted from, without names."""
