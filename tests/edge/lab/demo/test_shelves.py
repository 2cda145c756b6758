from edge.lab.demo.seed import DemoSeed
from edge.lab.demo.shelves import ZONES, zone_of


def test_shelves_hold_what_was_sold_at_its_median_price(seed: DemoSeed) -> None:
    assert seed.shelves
    for shelf in seed.shelves.values():
        assert shelf.price_cents == round(150 + (int(shelf.sku) - 1000) * 10)
        assert shelf.sold >= 1
        assert shelf.zone in ZONES


def test_categories_stay_in_the_words_that_a_policy_uses(seed: DemoSeed) -> None:
    assert "BEERS/ALES" in {shelf.category for shelf in seed.shelves.values()}


def test_departments_and_cold_categories_have_their_zones() -> None:
    assert zone_of("PRODUCE", "TROPICAL FRUIT") == "fresh"
    assert zone_of("GROCERY", "FLUID MILK PRODUCTS") == "chilled"
    assert zone_of("MEAT-PCKGD", "BACON") == "chilled"
    assert zone_of("DRUG GM", "AIR CARE") == "home"
    assert zone_of("GROCERY", "COLD CEREAL") == "grocery"
