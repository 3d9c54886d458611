package carillon.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.SchedulableInstance;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** db-scheduler, driven line by line as every peer is: see ../protocol.ts. Lock-and-fetch, the documentation's way to throughput on Postgres. */
public final class DbSchedulerPeer {
  private static final int CALLS_IN_FLIGHT = 50;
  private static final int BATCH_SIZE = 1_000;
  private static final String TABLE =
      """
      create table if not exists scheduled_tasks (
        task_name text not null,
        task_instance text not null,
        task_data bytea,
        execution_time timestamp with time zone not null,
        picked boolean not null,
        picked_by text,
        last_success timestamp with time zone,
        last_failure timestamp with time zone,
        consecutive_failures int,
        last_heartbeat timestamp with time zone,
        version bigint not null,
        priority smallint,
        state text,
        primary key (task_name, task_instance)
      );
      create index if not exists execution_time_idx on scheduled_tasks (execution_time);
      create index if not exists last_heartbeat_idx on scheduled_tasks (last_heartbeat);
      """;

  private final AtomicLong handled = new AtomicLong();
  private List<Double> sample = new ArrayList<>();
  private volatile boolean hold;
  private HikariDataSource source;
  private SchedulerClient client;
  private final OneTimeTask<Double> task =
      Tasks.oneTime("bench", Double.class).execute((instance, context) -> handle(instance.getData()));

  private void handle(double dueAt) {
    double lateness = System.currentTimeMillis() - dueAt;
    synchronized (this) {
      sample.add(lateness);
    }
    handled.incrementAndGet();
    try {
      if (hold) Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Object answer(JsonNode ask) throws Exception {
    switch (ask.get("op").asText()) {
      case "open" -> open(URI.create(ask.get("url").asText()));
      case "batch" -> {
        return timed(() -> batch(ask.get("count").asInt(), ask.get("dueAt").asDouble(), ask.get("everyMs").asDouble()));
      }
      case "single" -> {
        return timed(() -> single(ask.get("count").asInt(), ask.get("dueAt").asDouble()));
      }
      case "work" -> work(ask.get("hold").asBoolean());
      case "reset" -> reset();
      case "report" -> {
        return report();
      }
      default -> throw new IllegalArgumentException(ask.toString());
    }
    return Map.of();
  }

  private void open(URI url) throws Exception {
    String[] user = url.getUserInfo().split(":");
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath() + "?reWriteBatchedInserts=true");
    config.setUsername(user[0]);
    config.setPassword(user[1]);
    config.setMaximumPoolSize(20);
    source = new HikariDataSource(config);
    try (var connection = source.getConnection(); var statement = connection.createStatement()) {
      statement.execute(TABLE);
    }
    client = SchedulerClient.Builder.create(source, task).build();
  }

  private void batch(int count, double dueAt, double everyMs) {
    for (int from = 0; from < count; from += BATCH_SIZE) {
      List<SchedulableInstance<?>> instances = new ArrayList<>();
      for (int i = from; i < Math.min(count, from + BATCH_SIZE); i++) {
        double at = dueAt + i * everyMs;
        instances.add(SchedulableInstance.of(instance(at), moment(at)));
      }
      client.scheduleBatch(instances);
    }
  }

  private TaskInstance<Double> instance(double dueAt) {
    return task.instance(UUID.randomUUID().toString(), dueAt);
  }

  private static Instant moment(double ms) {
    return Instant.ofEpochMilli((long) ms);
  }

  private void single(int count, double dueAt) throws Exception {
    AtomicInteger left = new AtomicInteger(count);
    ExecutorService callers = Executors.newFixedThreadPool(CALLS_IN_FLIGHT);
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < CALLS_IN_FLIGHT; i++) {
      calls.add(
          callers.submit(
              () -> {
                while (left.getAndDecrement() > 0) client.scheduleIfNotExists(instance(dueAt), moment(dueAt));
              }));
    }
    for (Future<?> call : calls) call.get();
    callers.shutdown();
  }

  private void work(boolean hold) {
    this.hold = hold;
    Scheduler.create(source, task)
        .threads(50)
        .pollUsingLockAndFetch(1.0, 4.0)
        .pollingInterval(Duration.ofMillis(50))
        .build()
        .start();
  }

  private synchronized void reset() {
    sample = new ArrayList<>();
  }

  private Map<String, Object> report() {
    double[] sorted;
    synchronized (this) {
      sorted = sample.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
    Arrays.sort(sorted);
    return Map.of("handled", handled.get(), "p50", at(sorted, 0.5), "p99", at(sorted, 0.99), "max", at(sorted, 1));
  }

  private static double at(double[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))];
  }

  private interface Run {
    void run() throws Exception;
  }

  private static Map<String, Object> timed(Run run) throws Exception {
    long startedAt = System.nanoTime();
    run.run();
    return Map.of("tookMs", (System.nanoTime() - startedAt) / 1e6);
  }

  public static void main(String[] args) throws Exception {
    DbSchedulerPeer peer = new DbSchedulerPeer();
    ObjectMapper json = new ObjectMapper();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(json.writeValueAsString(peer.answer(json.readTree(line))));
    }
    System.exit(0);
  }
}
