"""The echo, a process of its own: a bare client that publishes back what it gets, and does nothing else.

``suite`` starts it with ``python -m``; what ``load`` sends past the service comes back from here.
"""

from __future__ import annotations

import asyncio

from devices.bus import Bus
from devices.line import BrokerLogin, Inbound
from edge.lab.bench.child_protocol import BrokerSetup, lines, say
from edge.lab.bench.equipment import BACK, ECHO, THERE


async def serve() -> None:
    """Echo until the suite has gone."""
    async for line in lines():
        setup = BrokerSetup.model_validate_json(line)
        break
    else:
        return

    def back(message: Inbound) -> None:
        # As it came and with the same assurance, so that the two hops differ in nothing.
        bus.publish(BACK, message.payload, qos=message.qos, correlation=message.correlation)

    access = BrokerLogin(
        host=setup.host, port=setup.port, username=ECHO, password=setup.passwords[ECHO]
    )
    async with Bus(access, on_message=back, subscriptions=[THERE]) as bus:
        await bus.wait_connected()
        say({"ready": True})
        async for _ in lines():
            pass


if __name__ == "__main__":
    asyncio.run(serve())
