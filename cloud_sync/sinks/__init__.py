"""Where records go up to: a file for each kind of receiver, all `delivery.Sink`."""
