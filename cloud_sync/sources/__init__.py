"""Where changes come down from: a file for each kind of sender, all `downlink.Source`."""
