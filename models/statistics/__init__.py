"""Tables counted from a window of trips: shares, trends, neighbours, how promotions lift."""
