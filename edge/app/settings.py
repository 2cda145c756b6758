"""Every setting of the service: its unit, limits, default and reason. TOML, overridden by ``STORESIDE_…``."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.domain.currency import currency
from edge.domain.errors import SettingsInvalid
from edge.domain.loyalty_range import loyalty_range
from edge.domain.placement import SCREENS
from edge.domain.product_code import layouts_of
from edge.domain.telephone import is_region
from models.features.customer_value import CustomerBase
from models.serving.ranker import BY_CHANCE
from models.strategies.registry import STRATEGIES

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    # A name that looks like a path is a ValueError to ZoneInfo.
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone of the tz database, such as Europe/Berlin") from error
    return name


class Part(BaseModel):
    """One table of the settings file; an unknown key stops the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _known_region(name: str) -> str:
    if not is_region(name):
        raise ValueError("not a country of ISO 3166 by its two letters, such as DE")
    return name


def _known_currency(code: str) -> str:
    return currency(code).code


class StoreSettings(Part):
    """Which store this is."""

    id: Name = Field(description="the store's name in topics and events")
    name: str = Field(
        default="", max_length=80, description="as people read it; the id if empty"
    )
    market: str = Field(description="market whose policy must be in force, such as US or EU")
    country: Annotated[str, AfterValidator(_known_region)] | None = Field(
        default=None,
        description="where telephone numbers are dialled and in-store codes are given out; none: the market, if it is"
        " a country, or for telephones the locale's",
    )
    currency: Annotated[str, AfterValidator(_known_currency)] = Field(
        default="USD", description="ISO 4217 code of every price"
    )
    locale: str = Field(default="en-US", description="language of the screens")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        description="the store's own; dayparts and days are local"
    )

    @property
    def region(self) -> str | None:
        """The country in which a telephone number without country code is meant."""
        named = (self.country, self.market.partition("-")[0], self.locale.rpartition("-")[2])
        return next((name for name in named if name is not None and is_region(name)), None)


class LoyaltySettings(Part):
    """The loyalty numbers that the store gives out."""

    ranges: tuple[str, ...] = Field(
        default=(),
        max_length=64,
        description="numbers of its own cards, which may look like a payment card's: 634004, 2708*16, 2708-2709*16",
    )

    @field_validator("ranges")
    @classmethod
    def _readable(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        for written in ranges:
            loyalty_range(written)
        return ranges


class HttpSettings(Part):
    """Where pages and HTTP devices reach the service."""

    host: str = Field(
        default="127.0.0.1", description="loopback unless a TLS proxy stands before it"
    )
    port: int = Field(default=8080, ge=0, le=65_535, description="0: any free port")


class MqttSettings(Part):
    """The store's broker. The service renews its own password at each start through the fleet's files."""

    host: str = Field(default="127.0.0.1", description="the broker's address")
    port: int = Field(
        default=1883, ge=1, le=65_535, description="1883 on loopback, 8883 with TLS"
    )
    ca: Path | None = Field(
        default=None, description="file that vouches for the broker; turns TLS on"
    )
    fleet: Path = Field(
        default=Path("fleet"), description="folder of accounts and ACL, shared with the broker"
    )
    pid_file: Path | None = Field(
        default=None, description="the broker's, to make it read its files again"
    )
    public_host: str | None = Field(
        default=None, description="what devices are told instead of host"
    )
    public_port: int | None = Field(
        default=None, ge=1, le=65_535, description="what devices are told instead of port"
    )


class HubLinkSettings(Part):
    """The central side."""

    url: str | None = Field(
        default=None, description="where events go; none: they wait in the outbox"
    )
    key_file: Path | None = Field(
        default=None, description="file with this store's key at the hub"
    )


def _layouts(places: tuple[str, ...] | None) -> tuple[str, ...] | None:
    try:
        layouts_of(places or ())
    # Not as a ValueError: pydantic would drop the mend.
    except SettingsInvalid as error:
        raise SettingsInvalid(f"goods.variable_measure: {error}", hint=error.hint) from None
    return places


class GoodsSettings(Part):
    """How product codes are read."""

    variable_measure: Annotated[tuple[str, ...] | None, AfterValidator(_layouts)] = Field(
        default=None,
        description="layouts of codes with a price or weight inside; none: as store.country rules",
    )


_SHIPPED = CustomerBase()


class CustomerBaseSettings(Part):
    """How customers come and go here: the lines that ``storeside models value`` prints."""

    r: float = Field(
        default=_SHIPPED.r, gt=0, le=1e5, description="shape of their rates of trips"
    )
    alpha: float = Field(
        default=_SHIPPED.alpha, gt=0, le=1e5, description="scale of these, in days"
    )
    a: float = Field(
        default=_SHIPPED.a, gt=0, le=1e5, description="shape of their chances to stay away"
    )
    b: float = Field(
        default=_SHIPPED.b, gt=0, le=1e5, description="shape of their chances to stay"
    )
    pieces: float = Field(
        default=_SHIPPED.pieces,
        gt=0,
        le=100,
        description="cost of a trip over one piece of each item",
    )
    basket_cents: float = Field(
        default=_SHIPPED.basket_cents,
        ge=0,
        le=1e9,
        description="mean basket, one piece of each, in smallest currency units; 0: not known",
    )
    basket_trips: float = Field(
        default=_SHIPPED.basket_trips,
        gt=0,
        le=1e5,
        description="own trips that the mean basket weighs",
    )


class PolicySettings(Part):
    """The market's rules."""

    file: Path | None = Field(
        default=None, description="a reviewed file; none: the shipped one of store.market"
    )


class ModelSettings(Part):
    """The model bundles."""

    shelf: Path = Field(
        default=Path("models"), description="folder of bundles and the active one"
    )
    keys: Path = Field(
        default=Path("model-keys"),
        description="folder of public keys whose bundles are trusted besides the product's own",
    )
    fallback: bool = Field(
        default=True,
        description="start without any bundle: the store learns from its first basket; false: refuse to start",
    )
    # A bundle leaves out what sells rarely: the public grocer's own knows 44 to 56 % of what its stores list, and one
    # of another's goods next to nothing.
    least_known_pct: int = Field(
        default=25,
        ge=0,
        le=100,
        description="of what is sold a bundle must know so much, or the store's own counts answer: what it does not"
        " know it can propose to nobody",
    )


class DecisionSettings(Part):
    """What a marketer may turn."""

    shortlist: int = Field(
        default=320, ge=10, le=1_000, description="candidates scored at most"
    )
    offer_boost_pct: int = Field(
        default=10,
        ge=0,
        le=500,
        description="added to the worth of an item on an offer that is expected to leave ten smallest currency units",
    )
    margin_pct: int = Field(
        default=25, ge=0, le=100, description="share of its price that a product leaves"
    )
    holdout_pct: int = Field(
        default=10, ge=0, le=50, description="people who get no personal offer, to measure by"
    )
    holdout_salt: Name = Field(
        default="global-1", description="a new salt draws the people anew"
    )
    just_bought_days: int = Field(
        default=1, ge=0, le=60, description="how long a bought product is not proposed again"
    )
    explore_pct: int = Field(
        default=20, ge=0, le=50, description="places kept for what a person never bought"
    )
    due_chance_pct: int = Field(
        default=3,
        ge=0,
        le=100,
        description="from this chance on, what a person is due for comes before what they do not buy",
    )
    timeliness_pct: int = Field(
        default=10,
        ge=0,
        le=200,
        description="added to the worth of what is due now, or on an offer's last day",
    )
    category_cap: int = Field(
        default=12,
        ge=1,
        le=1_000,
        description="offers of one category that one person is shown in seven days",
    )
    person_cap: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="offers of any kind that one person is shown in seven days",
    )
    patience: int = Field(
        default=3,
        ge=1,
        le=100,
        description="showings in a row that nobody takes up halve how often an offer is shown",
    )
    win_back_pct: int = Field(
        default=100,
        ge=0,
        le=500,
        description="added to the boost of an offer whose audience asks for churn risk, of who has surely left",
    )
    same_name: int = Field(
        default=1,
        ge=0,
        le=50,
        description="products that read the same on one screen; 0: any number",
    )


if TYPE_CHECKING:
    # What the registry holds, no checker can know.
    Strategy = str
else:
    Strategy = Literal[(BY_CHANCE, *STRATEGIES)]


class PlacementStrategies(Part):
    """What orders each place; a strategy that has nothing to say leaves its places to the chance of purchase."""

    def by_placement(self) -> dict[str, str]:
        """The named strategies of the placements that have one."""
        told: dict[str, str] = self.model_dump()
        # Chance is the ranker itself: no strategy has that name.
        return {
            field.replace("_", "-"): name for field, name in told.items() if name != "chance"
        }


# A key for each placement on a screen, under its name; a type checker sees the class without its keys.
if TYPE_CHECKING:
    StrategySettings = PlacementStrategies
else:
    StrategySettings = create_model(
        "StrategySettings",
        __base__=PlacementStrategies,
        __doc__=PlacementStrategies.__doc__,
        **{
            place.name.replace("-", "_"): (
                Strategy,
                Field(default="chance", description=place.words.all),
            )
            for place in SCREENS.values()
        },
    )


class LimitSettings(Part):
    """How much is kept, and how long somebody is taken to be here."""

    idle_minutes: int = Field(
        default=20, ge=1, le=240, description="a visit without a signal ends after this"
    )
    outbox_events: int = Field(
        default=2_000_000, ge=1_000, description="waiting at most; then oldest impressions go"
    )
    outbox_mb: int = Field(default=4_096, ge=16, description="the same as space, in MiB")


class ClockSettings(Part):
    """What time it is."""

    source: Literal["system", "replay"] = Field(
        default="system", description="replay: a demo's recorded day, told over MQTT"
    )
    start: AwareDatetime = Field(
        default=datetime(2017, 12, 1, tzinfo=UTC), description="where a replay begins"
    )


class Settings(BaseSettings):
    """Everything the service can be told. An unknown key stops the start."""

    model_config = SettingsConfigDict(
        env_prefix="STORESIDE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Field(description="the data folder: database, secrets, bundles; mode 0700")
    store: StoreSettings
    loyalty: LoyaltySettings = LoyaltySettings()
    http: HttpSettings = HttpSettings()
    mqtt: MqttSettings = MqttSettings()
    hub: HubLinkSettings = HubLinkSettings()
    goods: GoodsSettings = GoodsSettings()
    customers: CustomerBaseSettings = CustomerBaseSettings()
    policy: PolicySettings = PolicySettings()
    model: ModelSettings = ModelSettings()
    decision: DecisionSettings = DecisionSettings()
    strategies: StrategySettings = StrategySettings()
    limits: LimitSettings = LimitSettings()
    clock: ClockSettings = ClockSettings()
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the quietest level that is written"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        # No .env file and no folder of secrets: one file tells all, and the environment may overrule it.
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def database(self) -> Path:
        """The store's one file."""
        return self.data_dir / "storeside.db"

    @property
    def secrets(self) -> Path:
        """Where keys lie, one a file, mode 0600."""
        return self.data_dir / "secrets"

    @property
    def mappings(self) -> Path:
        """Where the store's own mappings of other tills' orders lie."""
        return self.data_dir / "mappings"

    @property
    def fleet(self) -> Path:
        """The folder of accounts; relative to the data folder."""
        return self.data_dir / self.mqtt.fleet

    @property
    def bundles(self) -> Path:
        """The folder of bundles; relative to the data folder."""
        return self.data_dir / self.model.shelf

    @property
    def model_keys(self) -> Path:
        """The folder of keys that may sign a bundle; relative to the data folder."""
        return self.data_dir / self.model.keys


def load_settings(file: Path) -> Settings:
    """Read the settings file.

    Raises:
        SettingsInvalid: it is missing, no TOML, or has a key or value that cannot be used.
    """
    try:
        return Settings(**tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsInvalid(f"{file}: {where}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(
            f"{file}: {error}", hint="start from deploy/storeside.toml"
        ) from error
