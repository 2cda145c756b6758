"""The shapes of what goes out over HTTP: services fill them, routes answer with them, OpenAPI publishes them."""
