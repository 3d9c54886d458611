package carillon.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Creates a timer, handles its due event, closes it and watches its life, with nothing of ours but the messages.
 *
 * <p>Usage: BROKERS TOPIC_PREFIX KEY (the prefix is {@code timers} unless you changed it). Events are read by the CloudEvents SDK.
 */
public final class Timer {
  private static final String NAMESPACE = "interop";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String brokers;
  private final String prefix;
  private final String key;
  private final KafkaProducer<String, String> producer;

  private Timer(String brokers, String prefix, String key) {
    this.brokers = brokers;
    this.prefix = prefix;
    this.key = key;
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", brokers, "acks", "all"), new StringSerializer(), new StringSerializer());
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 3) throw new IllegalArgumentException("usage: BROKERS TOPIC_PREFIX KEY");
    new Timer(args[0], args[1], args[2]).run();
  }

  private void run() throws Exception {
    try (var feed = consumer("watch-" + UUID.randomUUID());
        var due = consumer("hook-java-" + key)) {
      fromItsEnd(feed, prefix + ".events");
      due.subscribe(List.of(prefix + ".due.interop"));

      Map<String, Object> timer = new HashMap<>();
      timer.put("schedPolicyType", "ONCE");
      timer.put("schedPolicyExpr", "500ms");
      timer.put("hookClass", "interop");
      timer.put("data", "{\"id\": 9007199254740993, \"text\": \"größer\"}");
      send(Map.of("type", "CreateTimer", "timer", timer));

      CloudEvent event = new Records(due).next();
      JsonNode body = JSON.readTree(event.getData().toBytes());
      send(
          Map.of(
              "type", "CloseEvent",
              "eventId", body.get("eventId").asText(),
              "attempt", body.get("attempt").asInt(),
              "summaryData", "{\"handledBy\": \"java\"}"));

      List<String> watched = new ArrayList<>();
      Records life = new Records(feed);
      do watched.add(life.next().getType()); while (!watched.get(watched.size() - 1).equals("carillon.EventClosed"));
      System.out.println(
          JSON.writeValueAsString(Map.of("event", body, "type", event.getType(), "watched", watched)));
    }
    producer.close();
  }

  private void send(Map<String, Object> command) throws Exception {
    Map<String, Object> whole = new HashMap<>(command);
    whole.put("id", UUID.randomUUID().toString());
    whole.put("namespace", NAMESPACE);
    whole.put("key", key);
    // not acknowledged: the same command may be sent again, with the same id
    producer.send(new ProducerRecord<>(prefix + ".commands", NAMESPACE + "/" + key, JSON.writeValueAsString(whole))).get();
  }

  private KafkaConsumer<String, CloudEvent> consumer(String group) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("group.id", group);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", false);
    // the due topic is made when the first timer of its hook class fires
    settings.put("metadata.max.age.ms", 500);
    settings.put("allow.auto.create.topics", false);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new CloudEventDeserializer());
  }

  private static void fromItsEnd(KafkaConsumer<String, CloudEvent> feed, String topic) {
    List<TopicPartition> partitions =
        feed.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
    feed.assign(partitions);
    feed.seekToEnd(partitions);
    // a seek is lazy: asked for its position, the consumer finds it now
    partitions.forEach(feed::position);
  }

  /** Events of this timer, one by one. */
  private final class Records {
    private final KafkaConsumer<String, CloudEvent> source;
    private final Queue<CloudEvent> ready = new ArrayDeque<>();

    Records(KafkaConsumer<String, CloudEvent> source) {
      this.source = source;
    }

    CloudEvent next() {
      Instant until = Instant.now().plus(PATIENCE);
      while (ready.isEmpty()) {
        if (Instant.now().isAfter(until))
          throw new IllegalStateException("nothing came within 30 s: do scheduler and fire service run?");
        for (ConsumerRecord<String, CloudEvent> record : source.poll(Duration.ofMillis(500)))
          if (record.key().equals(NAMESPACE + "/" + key)) ready.add(record.value());
      }
      return ready.remove();
    }
  }
}
