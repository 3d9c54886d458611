// Creates a timer, handles its due event, closes it and watches its life, with nothing of ours but the messages.
//
// usage: timer BROKERS TOPIC_PREFIX KEY (the prefix is `timers` unless you changed it)
//
// confluent-kafka-go is librdkafka: its default partitioner puts a key elsewhere than Kafka's own does. That costs the order of one key's
// commands and nothing else, as this program shows: it leaves the default.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/uuid"
)

const namespace = "interop"

type dueEvent struct {
	EventID string          `json:"eventId"`
	Attempt int             `json:"attempt"`
	Timer   json.RawMessage `json:"timer"`
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func check(err error) { must(0, err) }

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: timer BROKERS TOPIC_PREFIX KEY")
	}
	brokers, prefix, key := os.Args[1], os.Args[2], os.Args[3]
	producer := must(kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": brokers, "acks": "all"}))
	defer producer.Close()

	// the change feed, from where it ends now
	feed := consumer(brokers, "watch-"+uuid.NewString())
	defer feed.Close()
	check(feed.Assign(ends(feed, prefix+".events")))
	due := consumer(brokers, "hook-go-"+key)
	defer due.Close()
	check(due.Subscribe(prefix+".due.interop", nil))

	send(producer, prefix, key, map[string]any{
		"type": "CreateTimer",
		"timer": map[string]any{
			"schedPolicyType": "ONCE",
			"schedPolicyExpr": "500ms",
			"hookClass":       "interop",
			"data":            `{"id": 9007199254740993, "text": "größer"}`,
		},
	})
	record := next(due, key)
	event := cloudEvent(record)
	var body dueEvent
	check(json.Unmarshal(record.Value, &body))
	send(producer, prefix, key, map[string]any{
		"type":        "CloseEvent",
		"eventId":     body.EventID,
		"attempt":     body.Attempt,
		"summaryData": `{"handledBy": "go"}`,
	})

	var watched []string
	for len(watched) == 0 || watched[len(watched)-1] != "carillon.EventClosed" {
		watched = append(watched, cloudEvent(next(feed, key)).Type())
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"event": body, "type": event.Type(), "watched": watched}))
}

func send(producer *kafka.Producer, prefix, key string, command map[string]any) {
	command["id"], command["namespace"], command["key"] = uuid.NewString(), namespace, key
	topic := prefix + ".commands"
	delivered := make(chan kafka.Event, 1)
	check(producer.Produce(&kafka.Message{
		TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
		Key:            []byte(namespace + "/" + key),
		Value:          must(json.Marshal(command)),
	}, delivered))
	if report, ok := (<-delivered).(*kafka.Message); ok {
		// not acknowledged: the same command may be sent again, with the same id
		check(report.TopicPartition.Error)
	}
}

func consumer(brokers, group string) *kafka.Consumer {
	return must(kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers":  brokers,
		"group.id":           group,
		"auto.offset.reset":  "earliest",
		"enable.auto.commit": false,
		// the due topic is made when the first timer of its hook class fires
		"topic.metadata.refresh.interval.ms": 500,
	}))
}

func ends(feed *kafka.Consumer, topic string) []kafka.TopicPartition {
	metadata := must(feed.GetMetadata(&topic, false, 10_000))
	var from []kafka.TopicPartition
	for _, partition := range metadata.Topics[topic].Partitions {
		_, high, err := feed.QueryWatermarkOffsets(topic, partition.ID, 10_000)
		check(err)
		from = append(from, kafka.TopicPartition{Topic: &topic, Partition: partition.ID, Offset: kafka.Offset(high)})
	}
	return from
}

// next is the next record of this timer; gives up after 30 s.
func next(source *kafka.Consumer, key string) *kafka.Message {
	until := time.Now().Add(30 * time.Second)
	for time.Now().Before(until) {
		record, err := source.ReadMessage(time.Second)
		var failure kafka.Error
		if errors.As(err, &failure) {
			// no record yet, or no topic yet
			continue
		}
		check(err)
		if string(record.Key) == namespace+"/"+key {
			return record
		}
	}
	log.Fatal("nothing came within 30 s: do scheduler and fire service run?")
	return nil
}

// cloudEvent reads the attributes of binary mode: headers `ce_…`, the value is the data.
func cloudEvent(record *kafka.Message) cloudevents.Event {
	event := cloudevents.NewEvent()
	for _, header := range record.Headers {
		name, isAttribute := strings.CutPrefix(header.Key, "ce_")
		switch {
		case name == "id":
			event.SetID(string(header.Value))
		case name == "type":
			event.SetType(string(header.Value))
		case name == "source":
			event.SetSource(string(header.Value))
		case name == "subject":
			event.SetSubject(string(header.Value))
		case name == "time":
			event.SetTime(must(time.Parse(time.RFC3339, string(header.Value))))
		case isAttribute && name != "specversion":
			event.SetExtension(name, string(header.Value))
		}
	}
	check(event.SetData(cloudevents.ApplicationJSON, record.Value))
	if err := event.Validate(); err != nil {
		log.Fatal(fmt.Errorf("not a CloudEvent: %w", err))
	}
	return event
}
