from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from edge.campaigns.authoring import document
from edge.campaigns.authoring.document import (
    Form,
    PortfolioBody,
    parse,
    read_portfolio,
    written,
)
from edge.campaigns.authoring.errors import PortfolioInvalid
from edge.campaigns.authoring.offer_body import OfferBody, offer_of
from tests.edge.campaigns.authoring.bodies import a_campaign, a_portfolio, an_offer, portfolios

WHOLE = {"campaigns": [a_campaign()], "offers": [an_offer()]}
SHEET = """\
kind,id,name,campaign,headline,skus,segment,offer_type,channels,placements,category,discount_cents,starts_at,ends_at
campaign,june,Milk in June,,,,,,,,,,2026-11-20T12:00:00Z,2036-12-21T12:00:00Z
offer,o-1,,june,20 cents off,101 102,everybody,discount,kiosk,kiosk-home,milk,20,2026-11-21T12:00Z,2036-11-21T12:00Z
"""


@given(portfolios)
def test_a_portfolio_written_as_yaml_reads_as_the_same(told: PortfolioBody) -> None:
    assert parse(written(told, "yaml").encode(), "yaml") == told


@given(portfolios)
def test_a_portfolio_written_as_csv_reads_as_the_same(told: PortfolioBody) -> None:
    assert parse(written(told, "csv").encode(), "csv") == told


def test_one_document_holds_campaigns_and_offers_in_three_forms() -> None:
    told = parse(json.dumps(WHOLE).encode(), "json")
    assert parse(json.dumps(WHOLE).encode(), "yaml") == told
    sheet = parse(SHEET.encode(), "csv")
    assert sheet.campaigns == told.campaigns
    assert sheet.offers[0].skus == ("101", "102")


def test_the_ending_tells_the_form(tmp_path: Path) -> None:
    for name, text in (
        ("a.yaml", json.dumps(WHOLE)),
        ("a.JSON", json.dumps(WHOLE)),
        ("a.csv", SHEET),
    ):
        (tmp_path / name).write_text(text)
        assert read_portfolio(tmp_path / name).campaigns[0].id == "june"


def test_a_bare_list_is_one_of_offers() -> None:
    assert parse(json.dumps([an_offer()]).encode(), "yaml") == PortfolioBody(
        offers=(OfferBody.model_validate(an_offer()),)
    )


def test_a_spreadsheet_with_semicolons_and_a_byte_order_mark_reads_too() -> None:
    text = "\ufeff" + SHEET.replace(",", ";")
    assert parse(text.encode(), "csv") == parse(SHEET.encode(), "csv")


def test_no_cell_is_a_formula() -> None:
    told = a_portfolio(an_offer(headline='=HYPERLINK("x")', category="'+1"))
    rows = written(told, "csv").splitlines()
    assert "'=HYPERLINK" in rows[2]
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.split(",") if cell)


@pytest.mark.parametrize(
    ("form", "text", "why"),
    [
        ("yaml", "", "neither campaigns nor offers"),
        ("yaml", "{}", "neither campaigns nor offers"),
        ("yaml", "hello", "offers"),
        ("yaml", "a: [", "line 2"),
        ("yaml", "- id: o-1", "offers.0.headline: Field required"),
        ("yaml", "offers: []\noffers: []", "a key stands twice"),
        ("yaml", "offers: [&a {id: x}, *a]", "an alias"),
        ("yaml", "offers: " + "[" * 40 + "]" * 40, "nested too deeply"),
        ("yaml", "offers: 2026-02-30", "day"),
        ("yaml", "!!python/object:os.system {}", "line 1"),
        ("json", '{"offers": [], "offers": []}', "twice"),
        ("json", "{", "Expecting"),
        ("yaml", "[" * 100_000, "nested too deeply"),
        ("json", "[" * 100_000, "nested too deeply"),
        ("json", json.dumps([an_offer(colour="red")]), "offers.0.colour"),
        ("json", json.dumps([an_offer(), an_offer()]), "offer o-1 is in it twice"),
        ("csv", "id,headline\n", "a column is missing"),
        ("csv", "kind,id,id\n", "twice"),
        ("csv", "kind,id,colour\n", "no column 'colour'"),
        ("csv", "kind,id\nthing,1\n", "line 2: kind is none of campaign, offer"),
        ("csv", "kind,id\noffer,1,2\n", "line 2: more cells than columns"),
        ("csv", "kind,creatives\noffer,{\n", "line 2: creatives is no JSON"),
        ("csv", 'kind,id\noffer,"1"2\n', "line 2"),
    ],
)  # fmt: skip
def test_what_is_no_portfolio_is_refused_in_one_sentence(
    form: Form, text: str, why: str
) -> None:
    with pytest.raises(PortfolioInvalid) as error:
        parse(text.encode(), form)
    assert why in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", ["yaml", "json", "csv"])
def test_bytes_that_are_no_text_are_refused(form: Form) -> None:
    with pytest.raises(PortfolioInvalid, match="UTF-8"):
        parse(b"\xff\xfe\x00", form)


def test_a_file_is_measured_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "parse", None)
    (tmp_path / "big.yaml").write_text("x" * (document.LIMIT_BYTES + 1))
    with pytest.raises(PortfolioInvalid, match="at most"):
        read_portfolio(tmp_path / "big.yaml")


def test_a_marketers_file_makes_the_offer_that_was_meant() -> None:
    (offer,) = parse(SHEET.encode(), "csv").offers
    assert offer_of(offer).items == (101, 102)
