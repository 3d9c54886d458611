"""Creates a timer, handles its due event, closes it and watches its life, with nothing of ours but the messages.

usage: timer.py BROKERS TOPIC_PREFIX KEY   (the prefix is `timers` unless you changed it)

confluent-kafka is librdkafka: its default partitioner puts a key elsewhere than Kafka's own does. That costs the order of one key's
commands, so this producer names Kafka's; without the setting everything still works.
"""
import json
import sys
import uuid

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import Consumer, Producer, TopicPartition

from carillon_messages import CloseEvent, CreateTimer, DueEvent, Timer

brokers, prefix, key = sys.argv[1:4]
namespace = "interop"
record_key = f"{namespace}/{key}"
producer = Producer({"bootstrap.servers": brokers, "acks": "all", "partitioner": "murmur2_random"})


def send(command: CreateTimer | CloseEvent) -> None:
    value = json.dumps(command, ensure_ascii=False)
    producer.produce(f"{prefix}.commands", key=record_key, value=value)
    if producer.flush(10) > 0:
        raise TimeoutError("Kafka did not acknowledge the command; send it again with the same id")


def consumer(group: str) -> Consumer:
    return Consumer({
        "bootstrap.servers": brokers,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # the due topic is made when the first timer of its hook class fires
        "topic.metadata.refresh.interval.ms": 500,
    })


def records(source: Consumer):
    """What comes for this timer, one by one; gives up after 30 s of nothing."""
    while True:
        record = source.poll(30)
        if record is None:
            raise TimeoutError("nothing came within 30 s: do scheduler and fire service run?")
        if record.error() is None and record.key().decode() == record_key:
            yield record


# the change feed, from where it ends now
feed = consumer(f"watch-{uuid.uuid4()}")
topic = f"{prefix}.events"
partitions = [TopicPartition(topic, number) for number in feed.list_topics(topic).topics[topic].partitions]
feed.assign([TopicPartition(topic, p.partition, feed.get_watermark_offsets(p)[1]) for p in partitions])

due = consumer(f"hook-python-{key}")
due.subscribe([f"{prefix}.due.interop"])

send(CreateTimer(
    type="CreateTimer",
    id=str(uuid.uuid4()),
    namespace=namespace,
    key=key,
    timer=Timer(
        schedPolicyType="ONCE",
        schedPolicyExpr="500ms",
        hookClass="interop",
        data=json.dumps({"id": 9007199254740993, "text": "größer"}, ensure_ascii=False),
    ),
))

for record in records(due):
    headers = dict(record.headers())
    cloud_event = from_binary(KafkaMessage(headers=headers, key=record.key(), value=record.value()), JSONFormat())
    event: DueEvent = json.loads(record.value())
    send(CloseEvent(
        type="CloseEvent",
        id=str(uuid.uuid4()),
        namespace=namespace,
        key=key,
        eventId=event["eventId"],
        attempt=event["attempt"],
        summaryData=json.dumps({"handledBy": "python"}),
    ))
    break

watched: list[str] = []
for record in records(feed):
    watched.append(dict(record.headers())["ce_type"].decode())
    if watched[-1] == "carillon.EventClosed":
        break
print(json.dumps({"event": event, "type": cloud_event.get_type(), "watched": watched}, ensure_ascii=False))
