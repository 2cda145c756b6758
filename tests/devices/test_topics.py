"""The topic tree: what is built can be parsed, and nothing else can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.device_classes import DeviceClass
from devices.errors import TopicMalformed
from devices.topics import (
    DOWN_LEAVES,
    GRANTS,
    SERVICE,
    UP_LEAVES,
    Access,
    Leaf,
    build,
    clock_topic,
    context_topic,
    every,
    grants_of,
    parse,
    parse_source,
    service_about_topic,
    service_state_topic,
    source_of,
)

names = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
leaves = st.sampled_from([*UP_LEAVES, *DOWN_LEAVES])


@given(names, st.sampled_from(DeviceClass), names, leaves)
def test_what_is_built_parses_back(
    store: str, device_class: DeviceClass, device: str, leaf: Leaf
) -> None:
    topic = build(store, device_class, device, leaf)
    found = parse(topic)
    assert (found.store, found.device_class, found.device, found.leaf) == (
        store,
        device_class,
        device,
        leaf,
    )
    assert str(found) == topic


@given(st.text())
def test_parsing_any_text_gives_a_topic_that_builds_back_or_refuses(text: str) -> None:
    try:
        found = parse(text)
    except TopicMalformed:
        return
    assert str(found) == text


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "storeside/1/s1/pos/till-1",
        "storeside/1/s1/pos/till-1/event/more",
        "storeside/2/s1/pos/till-1/event",
        "storeside/1/s1/robot/till-1/event",
        "storeside/1/s1/pos/Till/event",
        "storeside/1/s1/pos/till-1\n/event",
        "storeside/1/s1/pos/+/event",
        "storeside/1/#",
        "storeside/1/s1/pos/till-1/shout",
        "storeside/1/s1/pos/till-1/context",
        "storeside/1/" + "a" * 33 + "/pos/till-1/event",
    ],
)
def test_a_stranger_topic_is_refused_without_being_repeated(topic: str) -> None:
    with pytest.raises(TopicMalformed) as refused:
        parse(topic)
    assert not topic or topic not in str(refused.value)


def test_a_source_is_the_topic_without_its_last_part() -> None:
    topic = parse("storeside/1/s1/beacon-gw/gw-1/event")
    assert topic.source == source_of("s1", DeviceClass.BEACON_GW, "gw-1")
    assert parse_source(topic.source) == topic
    assert str(topic.at(Leaf.RECEIPT)) == "storeside/1/s1/beacon-gw/gw-1/receipt"


def test_the_context_is_the_stores_and_no_devices() -> None:
    assert context_topic("s1") == "storeside/1/s1/context"
    assert service_state_topic("s1") == "storeside/1/s1/service/state"
    assert service_about_topic("s1") == "storeside/1/s1/service/about"
    with pytest.raises(TopicMalformed):
        build("s1", DeviceClass.POS, "till-1", Leaf.CONTEXT)


@pytest.mark.parametrize("bad", ["", "A", "a b", "ä", "a" * 33, "+", "#", "a/b", "a\n"])
def test_a_malformed_id_builds_nothing(bad: str) -> None:
    with pytest.raises(TopicMalformed):
        build(bad, DeviceClass.POS, "till-1", Leaf.EVENT)
    with pytest.raises(TopicMalformed):
        build("s1", DeviceClass.POS, bad, Leaf.EVENT)


def test_the_service_hears_a_leaf_of_every_device_with_one_subscription() -> None:
    assert every("s1", Leaf.EVENT) == "storeside/1/s1/+/+/event"


@pytest.mark.parametrize("role", sorted(DeviceClass))
def test_a_device_writes_its_own_up_topics_and_reads_its_own_down_topics(role: str) -> None:
    own = "storeside/1/s1/" + role + "/d/"
    granted = {(g.filled("s1", role, "d"), g.access) for g in grants_of(role)}
    assert granted == {
        *((own + leaf, Access.WRITE) for leaf in UP_LEAVES),
        *((own + leaf, Access.READ) for leaf in DOWN_LEAVES),
        ("storeside/1/s1/context", Access.READ),
        ("storeside/1/s1/service/about", Access.READ),
        *([(clock_topic("s1"), Access.WRITE)] if role == DeviceClass.REPLAY else []),
    }


def test_only_devices_and_the_service_have_grants() -> None:
    assert {grant.role for grant in GRANTS} == {*DeviceClass, SERVICE}
