"""Campaigns and pictures behind the doors: remembers what it was asked, refuses what it is told to refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from devices.messages import Show
from edge.api.services.drafting import CampaignDrafting
from edge.api.services.pictures import StoredPictures
from edge.api.services.portfolio import StoredPortfolio
from edge.api.views.portfolio import (
    AssetView,
    CampaignView,
    EditionView,
    FindingView,
    Halt,
    HandView,
    Judgement,
    PortfolioView,
    ProductView,
    Sketch,
    Step,
)
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import NoSuchCampaign
from edge.campaigns.authoring.offer_body import OfferBody
from edge.campaigns.authoring.overview import CampaignLine
from edge.campaigns.authoring.picture_formats import media_of
from edge.campaigns.checks.portfolio_view import State
from edge.domain.experiment import Design
from tests.edge.campaigns.authoring.bodies import an_offer

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLASH = FindingView(
    code="collision", grade="error", culprits=("o-1", "o-2"), says="They collide.", mend="Move one."
)  # fmt: skip
LINE = CampaignLine(
    id="june", name="June", state=State.LIVE, version=1, waiting=None, offers=1, holdout_pct=10,
    variants=(), bandit=False, design=Design.PERSON, starts_at=AT, ends_at=AT, parent=None,
    impact=3, ease=3,
)  # fmt: skip


def edition(by: str, state: str = "draft") -> EditionView:
    return EditionView(
        campaign="june", version=1, state=state, why="drafted", drafted=HandView(by=by, at=AT)
    )


class Steps:
    """What was asked; ``finds``: the tower's word; ``fails``: what every step raises."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self.finds: tuple[FindingView, ...] = ()
        self.fails: Exception | None = None

    def _step(self, what: str, by: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.steps.append((what, by))


class FakePortfolio(Steps, StoredPortfolio):
    async def campaigns(self) -> Sequence[CampaignLine]:
        return [LINE]

    async def campaign(self, id_: str) -> CampaignView:
        if id_ != "june":
            raise NoSuchCampaign("none")
        return CampaignView(
            campaign=LINE, standing=PortfolioBody(), versions=(edition("console"),)
        )

    async def version(self, id_: str, version: int) -> PortfolioBody:
        if (id_, version) != ("june", 1):
            raise NoSuchCampaign("none")
        return PortfolioBody()

    async def offer(self, id_: str) -> OfferBody:
        if id_ != "o-1":
            raise NoSuchCampaign("none")
        return OfferBody.model_validate(an_offer())

    async def glance(self) -> PortfolioView:
        return PortfolioView(
            counts={"live": 1},
            age_days={"june": 2},
            published_a_day=0.5,
            backlog=(),
            lines=(),
            missing={},
        )

    async def draft(self, told: PortfolioBody, by: str) -> Sequence[EditionView]:
        self._step("draft", by)
        return [edition(by) for _ in told.campaigns]

    async def approve(self, id_: str, step: Step, by: str) -> EditionView:
        self._step(f"approve {id_} {step.version}", by)
        return edition(by, "approved")

    async def publish(self, id_: str, step: Step, by: str) -> Judgement:
        return self._judged(f"publish {id_} {step.version}", by)

    async def rollback(self, id_: str, step: Step, by: str) -> Judgement:
        return self._judged(f"rollback {id_} {step.version}", by)

    async def pause(self, id_: str, halt: Halt, by: str) -> Judgement:
        return self._judged(f"pause {id_} {halt.paused}", by)

    async def put_offer(self, offer: OfferBody, by: str) -> Judgement:
        return self._judged(f"put {offer.id}", by)

    async def preview(self, sketch: Sketch) -> Sequence[Show]:
        self._step(f"preview {sketch.offer.id} {sketch.locale}", "")
        told = {
            "decision_id": "preview",
            "placement": "kiosk-home",
            "kind": "context",
            "template": "tiles",
            "expires_at": AT,
            "config": "preview",
        }
        return [Show.model_validate(told)]

    def _judged(self, what: str, by: str) -> Judgement:
        self._step(what, by)
        return Judgement(published=not self.finds, findings=self.finds)


class FakeDrafting(Steps, CampaignDrafting):
    async def products(self, words: str, skus: Sequence[str]) -> Sequence[ProductView]:
        self._step(f"products {words} {' '.join(skus)}", "")
        return []

    async def check(self, told: PortfolioBody) -> Judgement:
        self._step(f"check {len(told.offers)}", "")
        return Judgement(published=False, findings=self.finds)


class FakePictures(Steps, StoredPictures):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: dict[str, bytes] = {}

    async def assets(self, tag: str, word: str) -> Sequence[AssetView]:
        self._step(f"assets {tag} {word}", "")
        return []

    async def keep(self, body: bytes, name: str, tags: Sequence[str]) -> AssetView:
        self._step(f"keep {name} {' '.join(tags)}", "")
        sha256 = hashlib.sha256(body).hexdigest()
        self.pictures[sha256] = body
        return AssetView(
            sha256=sha256,
            name=name,
            media=media_of(body),
            tags=tuple(tags),
            size_bytes=len(body),
            added_at=AT,
        )

    async def picture(self, sha256: str) -> tuple[str, bytes] | None:
        body = self.pictures.get(sha256)
        return None if body is None else (media_of(body), body)
