"""The HTTP doors: a file a door, each with the ports it needs stated beside it; one server, one port."""
