"""A shopper's past as it happened, trip by trip, for a model of one's own that reads it itself.

``serving.open_bundle`` adds these columns to the features where a bundle was wrapped around a graph that takes
them; our own networks do without.
"""

import numpy as np

from models.features.request import ModelRequest
from models.items import Keys, positions_in
from models.statistics.tables import Floats

# The latest trips before today, newest first.
HISTORY_TRIPS = 32
BOUGHT = tuple(f"bought_{back}" for back in range(HISTORY_TRIPS))
DAYS_AGO = tuple(f"days_ago_{back}" for back in range(HISTORY_TRIPS))
RAW_HISTORY = (*BOUGHT, *DAYS_AGO)
# There was no such trip.
_NO_TRIP = -1.0


def raw_history(view: ModelRequest, keys: Keys) -> Floats:
    """For each key and trip: 1 where it was bought, else 0; then how many days ago the trip was, -1 for none.

    Shape (n, len(RAW_HISTORY)), float32. What was bought today is in the basket, not here.
    """
    table = np.zeros((len(keys), len(RAW_HISTORY)), np.float32)
    table[:, HISTORY_TRIPS:] = _NO_TRIP
    profile = view.profile
    if profile is None or not len(profile):
        return table
    today = int(bool(profile.days) and profile.days[0] >= view.moment.day)
    days = np.array(profile.days[today : today + HISTORY_TRIPS], np.float32)
    table[:, HISTORY_TRIPS : HISTORY_TRIPS + len(days)] = view.moment.day - days
    order = np.argsort(profile.keys, kind="stable")
    at = positions_in(profile.keys[order], keys)
    masks = np.where(at >= 0, profile.masks[order][at], np.uint64(0)) >> np.uint64(today)
    bits = masks[:, None] >> np.arange(HISTORY_TRIPS, dtype=np.uint64)
    table[:, :HISTORY_TRIPS] = bits & np.uint64(1)
    return table
