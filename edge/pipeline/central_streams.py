"""The bodies of all streams that the centre sends down, published as JSON Schemas, each with an example.

``storeside contract schemas`` writes them; `central_changes` applies bodies of the same models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema

from edge.campaigns.authoring.campaign_body import CampaignBody
from edge.campaigns.authoring.offer_body import OfferBody
from edge.pipeline.central_changes import ConsentBody, CustomerBody
from edge.storage.catalogue.challenges import ChallengeRow
from edge.storage.catalogue.products import ProductRow
from edge.storage.catalogue.promotions import PromotionRow
from edge.storage.catalogue.stock import StockRow
from edge.storage.catalogue.triggers import TriggerRow
from edge.storage.measurement.driver_credits import BountyRow
from edge.storage.operations.withdrawn_models import WithdrawalBody
from edge.storage.other_channel_sales import DistantSale


class ErasureBody(BaseModel):
    """Stream ``erasures``: its key is the person's token, and the body says nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralStream:
    """One stream: the model of its bodies, and a change as it may come, by its ``key``."""

    body: type[BaseModel]
    key: str
    example: Mapping[str, object]


_ANN = "c-annabelannabel234567"
_SINCE, _UNTIL = "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z"

STREAMS: Mapping[str, CentralStream] = {
    "consents": CentralStream(
        body=ConsentBody,
        key="ledger-1",
        example={
            "id": "ledger-1",
            "token": _ANN,
            "purpose": "recognise",
            "state": "given",
            "market": "US",
            "notice_id": "notice-us-1",
            "given_at": _SINCE,
        },
    ),
    "erasures": CentralStream(body=ErasureBody, key=_ANN, example={}),
    "customers": CentralStream(
        body=CustomerBody,
        key=_ANN,
        example={
            "token": _ANN,
            "locale": "en-US",
            "segments": ["family"],
            "history": [{"sku": "04006381333931", "trips": 7, "last_at": _SINCE}],
            "trips": [{"at": _SINCE, "skus": ["4011", "04006381333931"], "store": "store-1"}],
        },
    ),
    "products": CentralStream(
        body=ProductRow,
        key="4011",
        example={
            "sku": "4011",
            "name": "Bananas",
            "category": "fruit",
            "department": "produce",
            "price_cents": 129,
            "unit": "kg",
        },
    ),
    "stock": CentralStream(
        body=StockRow, key="4011", example={"sku": "4011", "on_hand": "12.5", "unit": "kg"}
    ),
    "campaigns": CentralStream(
        body=CampaignBody,
        key="december",
        example={
            "id": "december",
            "name": "Fruit in December",
            "starts_at": _SINCE,
            "ends_at": _UNTIL,
        },
    ),
    "offers": CentralStream(
        body=OfferBody,
        key="bananas",
        example={
            "id": "bananas",
            "headline": "Bananas for less",
            "skus": ["4011"],
            "segment": "everybody",
            "offer_type": "discount",
            "channels": ["kiosk"],
            "placements": ["kiosk-home"],
            "category": "fruit",
            "campaign": "december",
            "discount_cents": 30,
            "starts_at": _SINCE,
            "ends_at": _UNTIL,
        },
    ),
    "promotions": CentralStream(
        body=PromotionRow,
        key="week-49/4011",
        example={
            "sku": "4011",
            "display": "5",
            "mailer": "A",
            "from": "2026-11-30",
            "until": "2026-12-06",
        },
    ),
    "triggers": CentralStream(
        body=TriggerRow,
        key="few-left",
        example={
            "id": "few-left",
            "signal": "low-stock",
            "reason": "Few left of {product}.",
            "refresh": "kiosk-home",
        },
    ),
    "challenges": CentralStream(
        body=ChallengeRow,
        key="fruit-card",
        example={
            "id": "fruit-card",
            "headline": "Fill your card",
            "starts_at": _SINCE,
            "ends_at": _UNTIL,
            "reward": {"points": 100},
        },
    ),
    "bounties": CentralStream(body=BountyRow, key="signed-up", example={"cents": 250}),
    "withdrawals": CentralStream(body=WithdrawalBody, key="0" * 64, example={}),
    "sales": CentralStream(
        body=DistantSale,
        key="order-1",
        example={"token": _ANN, "revenue_cents": 4_250, "at": _SINCE},
    ),
}
"""Every stream by its name."""


def stream_schemas() -> dict[str, dict[str, object]]:
    """One self-contained JSON Schema (2020-12) for the bodies of each stream, by ``central-`` and its name."""
    return {
        f"central-{name}": {
            "$schema": GenerateJsonSchema.schema_dialect,
            "$id": f"urn:storeside:schema:central-{name}:v1",
            **stream.body.model_json_schema(),
            "examples": [stream.example],
        }
        for name, stream in STREAMS.items()
    }
