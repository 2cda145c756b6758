"""A till that speaks MQTT, from the published contract alone: Python 3.11 and paho-mqtt 2.

python till.py ACCOUNT.json LOYALTY-NUMBER SKU WEIGHED-SKU, where ACCOUNT.json is what `storeside device add
lane-1 --class pos --json` printed. It plays a morning: somebody known buys and takes an offer off, brings
something back, and a sale of yesterday is told late.
"""

import json
import queue
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

file, loyalty, sku, weighed = sys.argv[1:]
account = json.loads(Path(file).read_text())
topics, source = account["topics"], account["topics"]["event"].rsplit("/", 1)[0]
session, heard, listening = int(datetime.now(UTC).timestamp()), queue.Queue(), threading.Event()


def is_for(message, event_id):
    """A receipt names its event; an answer bears its question's correlation data."""
    correlation = getattr(message.properties, "CorrelationData", b"")
    return event_id.encode() == correlation or event_id == json.loads(message.payload).get("id")


def say(leaf, kind, data):
    """Say it until it is answered: the same event again and again, so that it counts once.

    A real till does this beside the sale and never waits for it.
    """
    event = {"specversion": "1.0", "id": str(uuid4()), "source": source, "data": data}
    event |= {"type": f"storeside.{kind}.v1", "time": datetime.now(UTC).isoformat()}
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = event["id"].encode()
    while True:
        till.publish(topics[leaf], json.dumps(event), qos=1, properties=properties)
        try:
            while not is_for(message := heard.get(timeout=5), event["id"]):
                pass  # of something older
            return json.loads(message.payload)
        except queue.Empty:
            print("no answer yet; once more", file=sys.stderr)


def step(basket_id, action, **more):
    """One step of a basket; its receipt means that it is on the store's disk."""
    return say("event", "basket", {"basket_id": basket_id, "action": action, **more})


name = f"{account['username']}-{uuid4().hex[:8]}"
words = ("lost", "ready", "disconnected")
state = {word: json.dumps({"state": word, "session": session}) for word in words}
till = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
till.username_pw_set(account["username"], account["password"])
if account["tls"]:
    till.tls_set(ca_certs=account["ca"])
till.will_set(topics["state"], state["lost"], qos=1, retain=True)
till.on_connect = lambda *_: till.subscribe([(topics[x], 1) for x in ("receipt", "answer")])
till.on_subscribe = lambda *_: listening.set()
till.on_message = lambda _client, _data, message: heard.put(message)
till.connect(account["host"], account["port"])
till.loop_start()
listening.wait(10)
till.publish(topics["state"], state["ready"], qos=1, retain=True)

# 1. Somebody known, by the card; goods by the piece and by weight; one is voided by its line.
first, after, late = (f"py-{uuid4().hex[:8]}" for _ in range(3))
piece = {"line_id": "1", "sku": sku, "quantity": 1, "price_cents": 499}
loose = {"line_id": "2", "sku": weighed, "quantity": "0.432", "unit": "kg", "unit_price": 299}
steps = [step(first, "open"), step(first, "identify", loyalty=loyalty)]
steps += [step(first, "add", lines=[one]) for one in (piece, loose, {**piece, "line_id": "3"})]
steps.append(step(first, "remove", lines=[{"line_id": "3", "kind": "void"}]))
# 2. What goes with it? What is offered is bought, and the discount taken off.
question = {"placement": "till-addon", "limit": 3, "deadline_ms": 2000, "after_line_id": "3"}
answer = say("ask", "decide", {**question, "basket_id": first})
paid, granted = [piece, loose], []
for one in [item for item in answer["items"] if "offer_id" in item][:1]:
    ids = {"basket_id": first, "decision_id": answer["decision_id"]}
    ids["offer_id"] = one["offer_id"]
    granted = [say("ask", "offer", {"verb": v, **ids}) for v in ("inquire", "redeem")]
    told = granted[1].get("discount", {})  # without one the full price is charged
    less = [{key: told[key] for key in ("kind", "amount", "offer_id")}] if told else []
    more = {"line_id": "4", "price_cents": one.get("was_cents", one["price_cents"])}
    paid.append({"sku": one["item_id"], "discounts": less, **more})
steps.append(step(first, "complete", lines=paid, currency="USD"))
# 3. One of them comes back, and names where it is from. 4. A sale of yesterday is told late.
back = {**piece, "kind": "return", "of": {"order_id": first, "line_id": "1"}}
yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
steps.append(step(after, "complete", lines=[back], loyalty=loyalty))
steps.append(step(late, "complete", lines=[piece], loyalty=loyalty, sold_at=yesterday))
till.publish(topics["state"], state["disconnected"], qos=1, retain=True).wait_for_publish()
till.disconnect()
print(json.dumps({"baskets": [first, after, late], "receipts": steps, "granted": granted}))
