"""HTTP: routes by who calls them (devices, console, operations, shopper), their services, and shapes of answers."""
