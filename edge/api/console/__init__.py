"""Routes for people who run the store: the console, campaigns, tests and figures."""
