"""The library of pictures: taken in, found, used, and missed without a gap on any screen."""

from __future__ import annotations

import hashlib
import io

from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from edge.campaigns.authoring import picture_library
from edge.storage.catalogue import assets
from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.desk_steps import begin, offer_bread, opened, publish
from tests.pages.gateway import Gateway
from tests.pages.marketer import Desk


def png(colour: str) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(body, "PNG")
    return body.getvalue()


ROLLS = png("saddlebrown")
SHA = hashlib.sha256(ROLLS).hexdigest()


async def add(page: Page, name: str, body: bytes, tags: str = "") -> None:
    await page.get_by_label("Tags for what is added").fill(tags)
    file = FilePayload(name=name, mimeType="image/png", buffer=body)
    await page.get_by_label("Add pictures").set_input_files(file)


async def at_the_library(visitor: Visitor) -> Page:
    page = await opened(visitor)
    await page.get_by_role("link", name="Pictures").click()
    await expect(page.get_by_text("No picture yet")).to_be_visible()
    return page


async def test_pictures_are_found_by_tag_and_by_word(at_desk: Visitor) -> None:
    page = await at_the_library(at_desk)
    await add(page, "rolls.png", ROLLS, "bakery weekend")
    await expect(page.locator("[data-picture]")).to_have_count(1)
    await add(page, "milk.png", png("white"), "dairy")
    await expect(page.locator("[data-picture]")).to_have_count(2)
    await page.get_by_label("Find a picture").fill("roll")
    await expect(page.locator("[data-picture]")).to_have_count(1)
    await page.get_by_label("Find a picture").fill("")
    await expect(page.locator("[data-picture]")).to_have_count(2)
    await page.get_by_role("button", name="dairy").click()
    await expect(page.locator("[data-picture] strong")).to_have_text(["milk.png"])


async def test_a_picture_that_is_dropped_is_taken_in(at_desk: Visitor, desk: Desk) -> None:
    page = await at_the_library(at_desk)
    dropping = """([bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "rolls.png", { type: "image/png" }));
        const how = { dataTransfer: data, bubbles: true, cancelable: true };
        document.querySelector(".drop").dispatchEvent(new DragEvent("drop", how));
    }"""
    await page.evaluate(dropping, [list(ROLLS)])
    await expect(page.get_by_text("The picture is in the library.")).to_be_visible()
    assert await desk.pictures.picture(SHA) == ("image/png", ROLLS)


async def test_what_is_no_picture_is_refused_in_words(at_desk: Visitor) -> None:
    page = await at_the_library(at_desk)
    await add(page, "letter.png", b"Dear all")
    await expect(page.locator(".told.wrong")).to_contain_text("letter.png: it")
    await add(page, "huge.png", bytes(2**21 + 1))
    await expect(page.locator(".told.wrong")).to_contain_text("more than 2 MiB")
    await expect(page.locator("[data-picture]")).to_have_count(0)


async def test_a_chosen_picture_stands_on_the_screens_and_is_used_by_its_offer(
    at_desk: Visitor,
) -> None:
    page = await at_the_library(at_desk)
    await add(page, "rolls.png", ROLLS)
    await expect(page.locator("[data-picture]")).to_contain_text("not used")
    await page.get_by_role("link", name="Campaigns").click()
    await begin(page)
    await offer_bread(page)
    await page.get_by_role("button", name="Choose a picture").click()
    await page.get_by_role("button", name="Take rolls.png").click()
    photo = page.frame_locator('iframe[src$="=display"]').locator(f'img[src="/assets/{SHA}"]')
    await expect(photo).to_be_visible()
    await publish(page)
    await page.get_by_role("link", name="Pictures").click()
    await expect(page.locator("[data-picture]")).to_contain_text(
        "used by rolls-for-the-weekend-1"
    )


async def test_a_picture_that_is_gone_is_told_and_leaves_no_gap(
    at_desk: Visitor, desk: Desk
) -> None:
    page = await at_the_library(at_desk)
    await add(page, "rolls.png", ROLLS)
    await page.get_by_role("link", name="Campaigns").click()
    await begin(page)
    await offer_bread(page)
    await page.get_by_role("button", name="Choose a picture").click()
    await page.get_by_role("button", name="Take rolls.png").click()
    await publish(page)
    await desk.shop.runtime.database.write(lambda conn: assets.delete(conn, [SHA]))
    assert desk.shop.runtime.database.read(picture_library.missing)
    await page.get_by_role("link", name="Campaigns").click()
    await expect(page.locator(".warn-panel")).to_contain_text("rolls-for-the-weekend-1")


async def test_screens_draw_the_products_own_where_a_picture_is_gone(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await visitor.open("/display/display-1", wait="display-1")
    lost = {**store.STRAWBERRIES, "image": SHA, "text": "Picked today.", "code": "BERRY"}
    gateway.show("display-1", store.show("context", [lost]))
    lead = page.locator(".offer.lead")
    await expect(lead.locator("svg.picture")).to_be_visible()
    await expect(lead.locator("img")).to_have_count(0)
    for words in ("Strawberries", "Picked today.", "BERRY", "$3.99"):
        await expect(lead).to_contain_text(words)
