"""What a page has left behind: everything a curious next visitor could read."""

from __future__ import annotations

from playwright.async_api import Page

_ALL = """async () => {
  const found = [document.documentElement.outerHTML, location.href, document.title, history.length];
  found.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie);
  found.push(...performance.getEntries().map(({ name }) => name));
  for (const field of document.querySelectorAll("input")) found.push(field.value);
  for (const { name } of await indexedDB.databases()) {
    const request = indexedDB.open(name);
    const disk = await new Promise((ok) => { request.onsuccess = () => ok(request.result); });
    for (const store of disk.objectStoreNames) {
      const all = disk.transaction(store).objectStore(store).getAll();
      await new Promise((ok) => { all.onsuccess = ok; });
      found.push(JSON.stringify(all.result));
    }
    disk.close();
  }
  if ("caches" in window) found.push(JSON.stringify(await caches.keys()));
  return found.join(" ");
}"""


async def left_in(page: Page) -> str:
    """DOM, address, fields, cookies and every kind of storage as one text."""
    text: str = await page.evaluate(_ALL)
    return text
