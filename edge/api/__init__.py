"""HTTP: routes by who calls them (devices, console, operations, the shopper), and the services behind them."""
