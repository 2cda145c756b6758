"""Two offers, or two tests, that want the same person at the same place and time: who collides with whom.

`check` calls it with the prepared portfolio, which says whom, where and when each offer reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import TypeVar

from edge.campaigns.checks import week_hours
from edge.campaigns.checks.audiences import covers, meet, shared_screens
from edge.campaigns.checks.experiments import exclusive
from edge.campaigns.checks.findings import Fault, Finding, error
from edge.campaigns.checks.prepared_portfolio import OfferReach, PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.experiment import Design

Pair = tuple[OfferReach, OfferReach]
Key = TypeVar("Key", int, str)


def rivals(study: PreparedPortfolio) -> Iterator[Finding]:
    """Offers on one product first; then tests that share no product but speak of the same things."""
    reaches = study.reaches.values()
    told = set[frozenset[str]]()
    for one, other in pairs(reaches, lambda reach: reach.offer.items):
        if _collide(study, one, other):
            told.add(frozenset((one.offer.campaign, other.offer.campaign)))
            yield _of_offers(study, one, other)
    switched = {r.offer.category for r in reaches if r.campaign and _switches(r.campaign)}
    tests = (r for r in reaches if r.offer.category in switched or _is_test(r.campaign))
    for one, other in pairs(tests, lambda reach: (reach.offer.category,)):
        names = frozenset((one.offer.campaign, other.offer.campaign))
        # Two campaigns are told of once, however many of their offers meet.
        if len(names) > 1 and names not in told:
            for found in _of_tests(study, one, other):
                told.add(names)
                yield found


def pairs(
    reaches: Iterable[OfferReach], keys: Callable[[OfferReach], Iterable[Key]]
) -> Iterator[Pair]:
    """Every two offers with a key in common, once: only these are looked at."""
    by_key = dict[Key, list[tuple[OfferReach, frozenset[Key]]]]()
    for reach in reaches:
        own = frozenset(keys(reach))
        for key in own:
            by_key.setdefault(key, []).append((reach, own))
    for key, group in sorted(by_key.items(), key=lambda row: row[0]):
        for (one, first), (other, second) in combinations(group, 2):
            # Two with several keys in common meet in the group of the least of them.
            if min(first & second) == key:
                yield one, other


def _collide(study: PreparedPortfolio, one: OfferReach, other: OfferReach) -> bool:
    """Whether one person could be told of both at one time; two discounts need no screen in common to do so."""
    both_cut = one.offer.discount_cents > 0 and other.offer.discount_cents > 0
    # The cheap questions first: audiences are tried situation by situation.
    if not (both_cut or shared_screens(one, other)) or _kept_apart(one, other):
        return False
    return _meet(study, one, other, on_one_screen=not both_cut)


def _meet(
    study: PreparedPortfolio, one: OfferReach, other: OfferReach, *, on_one_screen: bool = True
) -> bool:
    first, last = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
    common = one.hours & other.hours
    if first >= last or not common:
        return False
    # In less than a week not every hour comes by.
    common &= week_hours.between(first, last, study.portfolio.zone)
    return bool(common) and meet(one, other, common, on_one_screen=on_one_screen)


def _kept_apart(one: OfferReach, other: OfferReach) -> bool:
    """Whether a test sees to it that nobody gets both."""
    if one.offer.campaign == other.offer.campaign:
        if one.variants is None or other.variants is None:
            return False
        return one.variants.isdisjoint(other.variants)
    return bool(one.campaign and other.campaign and exclusive(one.campaign, other.campaign))


def _of_offers(study: PreparedPortfolio, one: OfferReach, other: OfferReach) -> Finding:
    """What two colliding offers on one product do to each other; the most telling fault has the word."""
    if (
        one.campaign
        and other.campaign
        and _switches(one.campaign) is not _switches(other.campaign)
    ):
        return _mixed(one.campaign, other.campaign, "the same products")
    if _leaks(one, other):
        return _leak(one, other)
    for better, worse in ((one, other), (other, one)):
        if _outdoes(study, better, worse):
            return _outdone(better, worse)
    return _collision(one, other)


def _leaks(one: OfferReach, other: OfferReach) -> bool:
    """Whether people held out of one campaign get the same discount on the same product from the other."""
    if one.offer.campaign == other.offer.campaign:
        return False
    # Another discount is another offer: only the same one gives them what they are to do without.
    if one.offer.discount_cents != other.offer.discount_cents:
        return False
    # A switchback holds out stretches of time and no people; mixed pairs were told before.
    if one.campaign and _switches(one.campaign):
        return False
    first, second = _held_out(one.campaign), _held_out(other.campaign)
    return first != second


def _held_out(campaign: Campaign | None) -> tuple[str, int]:
    """Who is held out of a campaign; equal for those that hold out the same people."""
    if campaign is None or campaign.holdout_pct == 0:
        return "", 0
    return campaign.salt, campaign.holdout_pct


def _outdoes(study: PreparedPortfolio, better: OfferReach, worse: OfferReach) -> bool:
    """Whether ``better`` takes every product of ``worse`` from it, wherever, whenever and to whomever it is shown."""
    # As an item's offers are ranked when a decision is made (`largest_first`).
    ranks = [(-reach.offer.discount_cents, reach.offer.id) for reach in (better, worse)]
    return (
        ranks[0] < ranks[1]
        and set(worse.offer.items) <= set(better.offer.items)
        and set(worse.placements) <= set(better.placements)
        and not worse.hours & ~better.hours
        and better.starts_at <= worse.starts_at
        and worse.ends_at <= better.ends_at
        and _is_always_given(better, worse)
        and _is_uncapped(study, better, worse)
        and covers(better, worse)
    )


def _is_always_given(better: OfferReach, worse: OfferReach) -> bool:
    """Whether no test keeps ``better`` from somebody who gets ``worse``."""
    campaign = better.campaign
    if better.offer.campaign == worse.offer.campaign:
        return (worse.variants or frozenset()) <= (better.variants or frozenset())
    if campaign is None:
        return True
    return (
        campaign.design is Design.PERSON
        and not campaign.holdout_pct
        and campaign.layer is None
        and better.variants is None
    )


def _is_uncapped(study: PreparedPortfolio, better: OfferReach, worse: OfferReach) -> bool:
    """Whether whatever stops ``better`` stops ``worse`` as well."""
    offer, campaign, tuning = better.offer, better.campaign, study.portfolio.tuning
    limits, caps = [offer.per_person, offer.per_store], [tuning.person_cap]
    if offer.category == worse.offer.category:
        caps.append(tuning.category_cap)
    # Another campaign's cap or budget may be used up while the worse offer goes on.
    if campaign is not None and offer.campaign != worse.offer.campaign:
        limits += [campaign.weekly_cap, campaign.budget_cents]
    # Their common campaign's cap stops both.
    elif campaign is not None and campaign.weekly_cap is not None:
        caps.append(campaign.weekly_cap)
    # Its own cap must not be the one that is reached first.
    return limits.count(None) == len(limits) and offer.weekly_cap >= min(caps)


def _of_tests(
    study: PreparedPortfolio, one: OfferReach, other: OfferReach
) -> Iterator[Finding]:
    """Two tests in one category: each is part of what the other measures."""
    first, second = one.campaign, other.campaign
    if first is None or second is None or exclusive(first, second):
        return
    mixed = _switches(first) is not _switches(second)
    if not (mixed or (_is_test(first) and _is_test(second))) or not shared_screens(one, other):
        return
    if not _meet(study, one, other):
        return
    if mixed:
        yield _mixed(first, second, f"products of the category {one.offer.category}")
    else:
        yield _overlap(first, second, one.offer.category)


def _is_test(campaign: Campaign | None) -> bool:
    return campaign is not None and (_switches(campaign) or len(campaign.variants) > 1)


def _switches(campaign: Campaign) -> bool:
    return campaign.design is Design.SWITCHBACK


def _collision(one: OfferReach, other: OfferReach) -> Finding:
    places = [place.name for place in shared_screens(one, other)]
    return error(
        Fault.COLLISION,
        one.offer.id,
        other.offer.id,
        says=f"offers {one.offer.id} and {other.offer.id} are on the same product at some time for the same person, "
        + (f"at {', '.join(places)}" if places else "though on different screens"),
        mend="part them by dates, hours, audience, or by variants of one campaign, or take the product out of one",
    )


def _outdone(better: OfferReach, worse: OfferReach) -> Finding:
    return error(
        Fault.OUTDONE,
        worse.offer.id,
        better.offer.id,
        says=f"offer {worse.offer.id} can never win: wherever it may be shown, offer {better.offer.id} gives more",
        mend=f"take {worse.offer.id} out, or cap {better.offer.id} or narrow its audience",
    )


def _leak(one: OfferReach, other: OfferReach) -> Finding:
    return error(
        Fault.HOLDOUT_LEAK,
        one.offer.id,
        other.offer.id,
        says=f"who is held out of {one.offer.campaign} gets the discount of {one.offer.id} through"
        f" {other.offer.id} of {other.offer.campaign}, or the other way round",
        mend="put both offers into one campaign, or the campaigns into two parts of one layer",
    )


def _mixed(one: Campaign, other: Campaign, on: str) -> Finding:
    return error(
        Fault.MIXED_DESIGNS,
        *sorted((one.id, other.id)),
        says=f"campaigns {one.id} and {other.id} are on {on} at the same places and times,"
        " and one draws people, the other stretches of time",
        mend="run one after the other, or on different placements",
    )


def _overlap(one: Campaign, other: Campaign, category: str) -> Finding:
    return error(
        Fault.TESTS_OVERLAP,
        *sorted((one.id, other.id)),
        says=f"campaigns {one.id} and {other.id} both test something on {category} at the same places and times",
        mend="put them into two parts of one layer, or run one after the other",
    )
