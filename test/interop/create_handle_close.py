"""A client in another language: creates a timer, handles its due event, closes it. Needs only kafka-python.

usage: create_handle_close.py BROKERS TOPIC_PREFIX KEY   (the prefix is `timers` unless you changed it)
"""
import json
import sys
import uuid

from kafka import KafkaConsumer, KafkaProducer

brokers, prefix, key = sys.argv[1:4]
producer = KafkaProducer(bootstrap_servers=brokers, acks="all")


def send(command):
    command = {"id": str(uuid.uuid4()), "namespace": "interop", "key": key, **command}
    record_key = f"interop/{key}".encode()
    producer.send(f"{prefix}.commands", key=record_key, value=json.dumps(command).encode()).get(timeout=10)
    return command["id"]


send({
    "type": "CreateTimer",
    "timer": {
        "schedPolicyType": "ONCE",
        "schedPolicyExpr": "500ms",
        "hookClass": "interop",
        "data": json.dumps({"id": 9007199254740993, "text": "größer"}, ensure_ascii=False),
    },
})

# The due topic is made when the first timer of its hook class fires; the consumer waits for it.
due = KafkaConsumer(
    f"{prefix}.due.interop",
    bootstrap_servers=brokers,
    group_id="interop-python-" + key,
    auto_offset_reset="earliest",
    metadata_max_age_ms=500,
    consumer_timeout_ms=30000,
)
for record in due:
    event = json.loads(record.value)
    if event["timer"]["key"] != key:
        continue
    send({
        "type": "CloseEvent",
        "eventId": event["eventId"],
        "attempt": event["attempt"],
        "summaryData": json.dumps({"handledBy": "python"}),
    })
    headers = {name: (value or b"").decode() for name, value in record.headers}
    print(json.dumps({"event": event, "headers": headers}, ensure_ascii=False))
    # the scheduler answers in its own time; the caller looks at the timer
    producer.flush()
    sys.exit(0)
print("no due event came within 30 s", file=sys.stderr)
sys.exit(1)
