"""What must be there before the service may start: the store's secrets, its market's policy, its clock.

`Bootstrap` reads it first, as do the commands that judge by the same policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.app.market_policies import SHIPPED, read_policy
from edge.app.settings import LOOPBACK, Settings
from edge.domain.clock import Clock, ReplayClock, SystemClock
from edge.domain.currency import currency
from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.domain.loyalty_range import loyalty_range
from edge.domain.market import MarketPolicy
from edge.domain.product_code import CodeRules, layouts_of
from edge.pipeline.identifiers import Identifiers

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The store's own secrets. ``store``: 32 bytes that code identifiers; ``ticket``: signs one-use tickets."""

    store: bytes
    ticket: bytes


def read_keys(folder: Path) -> Keys:
    """The secrets in ``folder``.

    Raises:
        NotProvisioned: one is missing or too short.
    """
    return Keys(store=_secret(folder / "store.key"), ticket=_secret(folder / "ticket.key"))


def read_policy_of(settings: Settings) -> MarketPolicy:
    """The policy in force, checked against the store's market."""
    file = settings.policy.file or SHIPPED / f"{settings.store.market.casefold()}.yaml"
    policy = read_policy(file)
    # Another market's policy may allow what is forbidden here.
    if policy.market != settings.store.market:
        raise SettingsInvalid(
            f"{file} is for market {policy.market}, the store is in {settings.store.market}",
            hint="set policy.file or store.market",
        )
    return policy


def code_rules_of(settings: Settings) -> CodeRules:
    """How this store's own product codes are read."""
    goods, store = settings.goods, settings.store
    money = currency(store.currency)
    return CodeRules(
        layouts=None if goods.variable_measure is None else layouts_of(goods.variable_measure),
        # A market may be larger than a country; then no country's rules are known.
        country=store.country or store.market,
        currency=store.currency,
        exponent=money.exponent,
        number=money.number,
    )


def identifiers_of(settings: Settings, keys: Keys) -> Identifiers:
    """How loyalty numbers, e-mail addresses and telephone numbers are read here, at the doors and from files."""
    return Identifiers(
        key=keys.store,
        region=settings.store.region,
        ranges=tuple(map(loyalty_range, settings.loyalty.ranges)),
    )


def clock_of(settings: Settings) -> Clock:
    """The shop's clock, or a demo's."""
    if settings.clock.source == "replay":
        return ReplayClock(settings.clock.start)
    return SystemClock()


def check_address(settings: Settings) -> None:
    """Pages and passwords cross no network in the clear."""
    # A shop may listen elsewhere: there a TLS proxy stands before it.
    if settings.http.host not in LOOPBACK and settings.clock.source == "replay":
        raise SettingsInvalid(
            "a demo listens on loopback only", hint="set http.host to 127.0.0.1"
        )
    if settings.mqtt.host not in LOOPBACK and settings.mqtt.ca is None:
        raise SettingsInvalid(
            "the broker is on the network without TLS", hint="set mqtt.ca, or use loopback"
        )


def _secret(file: Path) -> bytes:
    try:
        secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise NotProvisioned(
            f"the store's secret {file.name} is missing", hint="storeside init --config FILE"
        ) from error
    if len(secret) < _SECRET_BYTES:
        raise NotProvisioned(f"{file.name} has fewer than {_SECRET_BYTES} bytes")
    return secret
