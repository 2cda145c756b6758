"""What a campaign has caused: arrays of outcomes in, figures with intervals out; nothing here knows a shop."""
