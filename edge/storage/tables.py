"""Every table of the store's file, once: what migrations, erasure, retention and the export of a person's data walk.

A new table is a file that ends with its `Table`, and a line here.
"""

from __future__ import annotations

from edge.storage import erased_people, other_channel_sales
from edge.storage.catalogue import (
    assets,
    campaign_versions,
    campaigns,
    challenges,
    item_pairs,
    offers,
    products,
    promotions,
    stock,
    trend,
    triggers,
)
from edge.storage.decisions import (
    decisions,
    exposures,
    feedback,
    proof_of_play,
    redemptions,
    responses,
    snapshots,
)
from edge.storage.measurement import (
    audit_log,
    booked_sales,
    day_counts,
    driver_credits,
    experiment_outcomes,
    switchback_sums,
    till_history,
)
from edge.storage.operations import (
    box_facts,
    command_notifications,
    first_answers,
    sync_tables,
)
from edge.storage.people import (
    app_keys,
    beacon_keys,
    consents,
    coupons,
    customers,
    identifier_links,
    messages,
    profiles,
    reminders,
    used_claims,
    visit_days,
)
from edge.storage.table import Table
from edge.storage.visits import associate_tips, baskets, processed_events, visits

# In this order a release makes its tables, old rows are swept, and receipts and exports tell of a person. Where one
# of these needs another order – what hangs on a visit or a decision is erased before it – the table itself says so,
# with ``before``. A new table goes behind those it reads.
TABLES: tuple[Table, ...] = (
    box_facts.TABLE,
    processed_events.TABLE,
    first_answers.TABLE,
    customers.TABLE,
    identifier_links.TABLE,
    beacon_keys.TABLE,
    app_keys.TABLE,
    used_claims.TABLE,
    consents.TABLE,
    visits.TABLE,
    baskets.TABLE,
    decisions.TABLE,
    snapshots.TABLE,
    exposures.TABLE,
    responses.TABLE,
    redemptions.TABLE,
    experiment_outcomes.TABLE,
    profiles.TABLE,
    trend.TABLE,
    item_pairs.TABLE,
    switchback_sums.TABLE,
    booked_sales.TABLE,
    till_history.TABLE,
    audit_log.TABLE,
    other_channel_sales.TABLE,
    triggers.TABLE,
    messages.TABLE,
    reminders.TABLE,
    associate_tips.TABLE,
    visit_days.TABLE,
    day_counts.TABLE,
    *challenges.TABLES,
    *driver_credits.TABLES,
    proof_of_play.TABLE,
    promotions.TABLE,
    feedback.TABLE,
    coupons.TABLE,
    products.TABLE,
    offers.TABLE,
    stock.TABLE,
    campaigns.TABLE,
    campaign_versions.TABLE,
    assets.TABLE,
    command_notifications.TABLE,
    *sync_tables.TABLES,
    erased_people.TABLE,
)
