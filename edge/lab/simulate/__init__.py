"""A store with a ground truth: invented shoppers before the real parts of the service, in virtual time."""
