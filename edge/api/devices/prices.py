"""``GET /v1/pages/{device}/prices``: what articles cost in this store now, for the page of a till.

The till's page asks it for what lies beside it and for what is typed in; screens show the same catalogue's prices.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from devices.messages.fields import Cents, Sku, Text, Wire
from edge.api.http.auth import Guard
from edge.api.http.errors import BadBody, WrongClass
from edge.api.http.reply import sent
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.domain.ids import ItemKey
from edge.state.catalogue import CurrentCatalogue
from models.items import item_key

_MOST: Final = 100
_SKUS: Final = TypeAdapter(list[Sku])


class ArticlePrice(Wire):
    """One article of the store; ``price_cents`` in the smallest unit of its currency, for one."""

    item_id: Sku
    asked: Sku
    name: Text
    price_cents: Cents


class ArticlePrices(Wire):
    """The prices of those articles that the store sells, in the order in which they were asked for."""

    items: tuple[ArticlePrice, ...] = Field(max_length=_MOST)


class PriceRoutes:
    """Tells tills' pages what things cost."""

    def __init__(self, guard: Guard, catalogue: CurrentCatalogue) -> None:
        self._guard = guard
        self._catalogue = catalogue

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="GET",
                path="/v1/pages/{device}/prices",
                name="prices",
                handler=self._prices,
                proof=Proof.PAGE,
                queries={"sku": f"An article's code; as many as {_MOST} of it."},
                answers={
                    200: ResponseSpec(says="What the store sells of them.", body=ArticlePrices)
                },
            ),
        )

    async def _prices(self, request: web.Request) -> web.Response:
        """What articles cost in this store now."""
        session = self._guard.page(request, request.match_info["device"])
        if not session.caller.device_class.sells:
            raise WrongClass
        try:
            asked = _SKUS.validate_python(request.query.getall("sku", []))
        except ValidationError:
            raise BadBody("sku: no article's code") from None
        if len(asked) > _MOST:
            raise BadBody(f"sku: at most {_MOST}")
        found = (self._price(code) for code in asked)
        return sent(ArticlePrices(items=tuple(one for one in found if one is not None)))

    def _price(self, code: str) -> ArticlePrice | None:
        sku = self._catalogue.codes.sku(code)
        product = self._catalogue.products.get(ItemKey(item_key(sku)))
        if product is None:
            return None
        return ArticlePrice(
            item_id=product.sku,
            asked=code,
            name=product.name[:200],
            price_cents=product.price_cents,
        )
