from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from devices.beacons import WINDOW_S, make_claim, new_key, rotating_id, window_of
from devices.simulator.badges import public_jwk
from edge.domain.basket import BasketState
from edge.domain.errors import SignalRefused
from edge.domain.ids import DecisionId, fresh_token, link_code
from edge.state.deduplication import Deduplication
from edge.state.identity_lookup import StoredDirectory, StoredPeople
from edge.storage import erasure
from edge.storage.database import Database
from edge.storage.decisions import exposures
from edge.storage.decisions.exposures import Exposure
from edge.storage.people import app_keys, beacon_keys, used_claims
from edge.storage.people.app_keys import AppKey
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits import baskets
from tests.edge.builders import ANN, NOW, STORE, basket, later, offer
from tests.edge.shop import CARD, KEY, know, open_shop

KEY_ANN = b"a" * 32


@asynccontextmanager
async def shop_directory(file: Path) -> AsyncIterator[tuple[Database, StoredDirectory]]:
    async with Database(file) as database:
        yield database, StoredDirectory(database, Deduplication(database), store=STORE)


def refusal(find: Callable[[], object]) -> str:
    with pytest.raises(SignalRefused) as refused:
        find()
    return refused.value.reason


async def test_people_are_read_with_consents_habits_and_what_they_were_shown(
    file: Path,
) -> None:
    know(file)
    async with Database(file) as database:
        shelf = StoredPeople(database)
        shown = Exposure(
            token=ANN, offer=offer().id, surface="kiosk", at=NOW, decision=DecisionId("d")
        )
        await database.write(lambda conn: exposures.add(conn, shown))
        found = shelf.customer(ANN)
        assert found is not None
        assert len(found.consents.entries) == 8
        assert shelf.profile(ANN)
        assert [t.at for t in shelf.memory(ANN, later(-1)).touches] == [NOW]
        assert shelf.memory(ANN, later(1)).touches == []
        assert shelf.customer(fresh_token("nobody")) is None


async def test_a_code_leads_to_its_person_and_a_new_one_to_a_pseudonym(file: Path) -> None:
    know(file)
    code = link_code(KEY, "loyalty", CARD)
    async with shop_directory(file) as (database, directory):
        assert directory.by_code(code) == ANN
        assert directory.by_code("x" * 26) is None
        assert directory.enrolling("x" * 26) == fresh_token("x" * 26)
        await database.write(lambda conn: erasure.forget(conn, fresh_token("x" * 26), NOW))
        assert directory.enrolling("x" * 26) != fresh_token("x" * 26)


async def test_a_rotating_id_is_good_around_its_quarter_of_an_hour(file: Path) -> None:
    know(file)
    async with shop_directory(file) as (database, _):
        await database.write(lambda conn: beacon_keys.put(conn, ANN, KEY_ANN))
    async with shop_directory(file) as (_, directory):
        heard = rotating_id(KEY_ANN, window_of(NOW))
        quarter = timedelta(seconds=WINDOW_S)
        found = [directory.by_beacon(heard, NOW + n * quarter) for n in (-2, -1, 0, 1, 2)]
        assert found == [None, ANN, ANN, ANN, None]
        assert directory.by_beacon("ff" * 8, NOW) is None


async def test_a_new_key_is_known_and_an_erased_persons_is_forgotten_without_a_restart(
    file: Path,
) -> None:
    know(file)
    heard = rotating_id(KEY_ANN, window_of(NOW))
    async with shop_directory(file) as (database, directory):
        assert directory.by_beacon(heard, NOW) is None
        await database.write(lambda conn: beacon_keys.put(conn, ANN, KEY_ANN))
        directory.refresh(ANN)
        assert directory.by_beacon(heard, NOW) == ANN
        await database.write(lambda conn: erasure.forget(conn, ANN, NOW))
        directory.refresh(ANN)
        assert directory.by_beacon(heard, NOW) is None
        while not directory.warm(NOW):
            pass
        assert directory.by_beacon(heard, NOW) is None


async def test_a_claim_is_believed_once_here_and_now_only(file: Path) -> None:
    know(file)
    key, stranger = new_key(), new_key()
    async with shop_directory(file) as (database, directory):
        known = AppKey(kid=key.thumbprint(), token=ANN, public_key=json.dumps(public_jwk(key)))
        await database.write(lambda conn: app_keys.put(conn, known))
        claim = make_claim(key, store=STORE, now=NOW)
        assert directory.by_claim(claim, NOW) == ANN
        refused = {
            "elsewhere": make_claim(key, store="store-2", now=NOW),
            "old": make_claim(key, store=STORE, now=later(-31)),
            "rubbish": "a.b.c",
        }
        found = {refusal(partial(directory.by_claim, claim, NOW)) for claim in refused.values()}
        assert found == {"claim-invalid"}
        unknown = make_claim(stranger, store=STORE, now=NOW)
        assert refusal(lambda: directory.by_claim(unknown, NOW)) == "unknown-beacon"


async def test_a_claim_used_before_is_refused(file: Path) -> None:
    know(file)
    key = new_key()
    async with shop_directory(file) as (database, directory):
        known = AppKey(kid=key.thumbprint(), token=ANN, public_key=json.dumps(public_jwk(key)))
        await database.write(lambda conn: app_keys.put(conn, known))
        claim = make_claim(key, store=STORE, now=NOW, jti="j" * 16)
        used = UsedClaim(jti="j" * 16, expires_at=later(30))
        await database.write(lambda conn: used_claims.take(conn, used))
        assert refusal(lambda: directory.by_claim(claim, NOW)) == "claim-invalid"


async def test_decisions_and_baskets_are_found_on_disk(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        made = shop.stored()[-1]
        assert shop.state.directory.decision(made.id) == made
        assert shop.state.directory.decision(DecisionId("d-none")) is None
        paid = basket("b-9").closing(BasketState.COMPLETE)
        await shop.database.write(lambda conn: baskets.save(conn, paid, NOW))
        assert shop.state.directory.baskets(paid.device, "b-9") == (paid,)
        assert shop.state.directory.baskets(paid.device, "b-none") == ()
