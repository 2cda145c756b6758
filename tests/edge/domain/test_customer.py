from __future__ import annotations

from edge.domain.consent import Consents
from edge.domain.customer import Customer, greeting_alias
from edge.domain.ids import Token, fresh_token, link_code


def test_a_customer_starts_with_nothing_allowed() -> None:
    assert Customer(token=Token("c-ann")).consents == Consents()


def test_a_customer_takes_another_ledger_and_stays_the_same_person() -> None:
    ann = Customer(token=Token("c-ann"), locale="fr-FR", segments=("loyal",))
    ledger = Consents(entries=())
    assert ann.with_consents(ledger) == ann


def test_an_alias_is_the_tokens_alone() -> None:
    ann = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
    assert greeting_alias(ann) == greeting_alias(ann)
    assert ann not in greeting_alias(ann)
    assert len(greeting_alias(ann).split()) == 2


def test_a_short_token_has_an_alias_too() -> None:
    assert greeting_alias(Token("c-a"))


def test_aliases_are_spread_over_the_invented_names() -> None:
    tokens = [fresh_token(link_code(b"k" * 32, "loyalty", str(n))) for n in range(2000)]
    assert len({greeting_alias(token) for token in tokens}) > 350
