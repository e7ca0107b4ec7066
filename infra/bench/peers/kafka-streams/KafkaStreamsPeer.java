import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The workload in Kafka Streams: count, mean, sample variance and maximum by name and window. Settings
 * are environment variables, see ../contestant.ts. Tuned: a parser that reads the fields of the
 * query and skips the rest, two threads, the window store in memory with its changelog, a large cache. By
 * default: a tree of each event, one thread, RocksDB. The clock runs from the first record to the last.
 */
public class KafkaStreamsPeer {
  static final String BROKERS = System.getenv("BROKERS");
  static final String TOPIC = System.getenv("TOPIC");
  static final long EVENTS = Long.parseLong(System.getenv("EVENTS"));
  static final long WINDOW_MS = Long.parseLong(System.getenv("WINDOW_MS"));
  static final long SLIDE_MS = Long.parseLong(System.getenv("SLIDE_MS"));
  static final boolean TUNED = "1".equals(System.getenv("TUNED"));
  static final int ROUNDS = Integer.parseInt(System.getenv("ROUNDS"));

  record Event(String name, long dt, double temp) {}

  /** Welford's running mean and squares. */
  static final class Moments {
    long n;
    double mean;
    double squares;
    double max = Double.NEGATIVE_INFINITY;

    Moments add(double value) {
      n++;
      double delta = value - mean;
      mean += delta / n;
      squares += delta * (value - mean);
      if (value > max) max = value;
      return this;
    }
  }

  /** Paths of the numbers whose sum is aggregated, by the objects that they are in. */
  static final String[][] PATHS =
      Stream.of(System.getenv("NUMBERS").split(",")).map(p -> p.split("\\.")).toArray(String[][]::new);

  static final Map<String, Map<String, Integer>> OBJECTS = new HashMap<>();
  static final Map<String, Integer> OUTSIDE = new HashMap<>();

  static {
    for (int i = 0; i < PATHS.length; i++) {
      String[] path = PATHS[i];
      if (path.length == 1) OUTSIDE.put(path[0], i);
      else OBJECTS.computeIfAbsent(path[0], name -> new HashMap<>()).put(path[1], i);
    }
  }

  static final ObjectMapper MAPPER = new ObjectMapper();
  static final JsonFactory FACTORY = new JsonFactory();

  static Event parse(byte[] bytes) {
    try {
      if (!TUNED) return readTree(bytes);
      return PATHS.length == 1 ? project(bytes) : projectPaths(bytes);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  static Event readTree(byte[] bytes) throws IOException {
    JsonNode tree = MAPPER.readTree(bytes);
    double value = 0;
    for (String[] path : PATHS) {
      JsonNode node = tree;
      for (String name : path) node = node.get(name);
      value += node.asDouble();
    }
    return new Event(tree.get("name").asText(), tree.get("dt").asLong(), value);
  }

  static Event projectPaths(byte[] bytes) throws IOException {
    String name = null;
    long dt = 0;
    double[] values = new double[PATHS.length];
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      parser.nextToken();
      for (String field; (field = parser.nextFieldName()) != null; ) {
        JsonToken token = parser.nextToken();
        Map<String, Integer> inside = OBJECTS.get(field);
        if (inside != null) {
          for (String inner; (inner = parser.nextFieldName()) != null; ) {
            parser.nextToken();
            Integer at = inside.get(inner);
            if (at != null) values[at] = parser.getDoubleValue();
            else parser.skipChildren();
          }
        } else if (field.equals("name")) name = parser.getText();
        else if (field.equals("dt")) dt = parser.getLongValue();
        else {
          Integer at = OUTSIDE.get(field);
          if (at != null) values[at] = parser.getDoubleValue();
          else if (token.isStructStart()) parser.skipChildren();
        }
      }
    }
    double value = 0;
    for (double each : values) value += each;
    return new Event(name, dt, value);
  }

  static Event project(byte[] bytes) throws IOException {
    String name = null;
    long dt = 0;
    double temp = 0;
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      parser.nextToken();
      for (String field; (field = parser.nextFieldName()) != null; ) {
        JsonToken token = parser.nextToken();
        switch (field) {
          case "name" -> name = parser.getText();
          case "dt" -> dt = parser.getLongValue();
          case "main" -> {
            for (String inner; (inner = parser.nextFieldName()) != null; ) {
              parser.nextToken();
              if (inner.equals("temp")) temp = parser.getDoubleValue();
              else parser.skipChildren();
            }
          }
          default -> {
            if (token.isStructStart()) parser.skipChildren();
          }
        }
      }
    }
    return new Event(name, dt, temp);
  }

  static final Serde<Event> EVENTS_SERDE =
      Serdes.serdeFrom(
          (topic, event) -> {
            throw new UnsupportedOperationException();
          },
          (topic, bytes) -> parse(bytes));

  static final Serde<Moments> MOMENTS_SERDE =
      Serdes.serdeFrom(
          (topic, m) ->
              m == null
                  ? null
                  : ByteBuffer.allocate(32)
                      .putLong(m.n)
                      .putDouble(m.mean)
                      .putDouble(m.squares)
                      .putDouble(m.max)
                      .array(),
          (topic, bytes) -> {
            if (bytes == null) return null;
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            Moments m = new Moments();
            m.n = buffer.getLong();
            m.mean = buffer.getDouble();
            m.squares = buffer.getDouble();
            m.max = buffer.getDouble();
            return m;
          });

  public static class EventTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
      return ((Event) record.value()).dt() * 1000;
    }
  }

  static Properties settings(int round) {
    Properties p = new Properties();
    p.put("application.id", "peer-" + ProcessHandle.current().pid() + "-" + round);
    p.put("bootstrap.servers", BROKERS);
    p.put("state.dir", System.getenv("WORK") + "/kafka-streams");
    p.put("replication.factor", "1");
    p.put("default.timestamp.extractor", EventTime.class);
    p.put("consumer.auto.offset.reset", "earliest");
    if (!TUNED) return p;
    p.put("num.stream.threads", "2");
    p.put("statestore.cache.max.bytes", "64000000");
    p.put("buffered.records.per.partition", "10000");
    p.put("consumer.max.poll.records", "5000");
    p.put("consumer.max.partition.fetch.bytes", "4194304");
    p.put("consumer.fetch.min.bytes", "65536");
    p.put("consumer.fetch.max.wait.ms", "50");
    p.put("consumer.receive.buffer.bytes", "1048576");
    return p;
  }

  static Materialized<String, Moments, WindowStore<Bytes, byte[]>> store() {
    Duration retention = Duration.ofMillis(WINDOW_MS + 2 * SLIDE_MS + 60_000);
    Duration size = Duration.ofMillis(WINDOW_MS);
    return Materialized.<String, Moments>as(
            TUNED
                ? Stores.inMemoryWindowStore("windows", retention, size, false)
                : Stores.persistentWindowStore("windows", retention, size, false))
        .withKeySerde(Serdes.String())
        .withValueSerde(MOMENTS_SERDE)
        .withCachingEnabled()
        .withLoggingEnabled(Map.of());
  }

  static double cpuSeconds() {
    var bean = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime() / 1e9;
  }

  public static void main(String[] args) throws Exception {
    for (int round = 0; round < ROUNDS; round++) run(round);
    Runtime.getRuntime().halt(0);
  }

  static void run(int round) throws Exception {
    AtomicLong seen = new AtomicLong();
    AtomicLong first = new AtomicLong();
    double[] cpu = new double[1];
    Map<String, Moments> rows = new ConcurrentHashMap<>();
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, Event> events = builder.stream(TOPIC, Consumed.with(Serdes.String(), EVENTS_SERDE));
    TimeWindows windows =
        TimeWindows.ofSizeAndGrace(Duration.ofMillis(WINDOW_MS), Duration.ofSeconds(10))
            .advanceBy(Duration.ofMillis(SLIDE_MS));
    events
        .peek(
            (key, event) -> {
              if (seen.incrementAndGet() != 1) return;
              first.set(System.nanoTime());
              cpu[0] = cpuSeconds();
            })
        .groupByKey()
        .windowedBy(windows)
        .aggregate(Moments::new, (key, event, moments) -> moments.add(event.temp()), store())
        .toStream()
        .foreach((key, moments) -> rows.put(key.window().start() + " " + key.key(), moments));
    long begun = System.nanoTime();
    KafkaStreams streams = new KafkaStreams(builder.build(), settings(round));
    streams.setUncaughtExceptionHandler(
        failure -> {
          failure.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    while (seen.get() < EVENTS) Thread.sleep(2);
    double seconds = (System.nanoTime() - first.get()) / 1e9;
    double used = cpuSeconds() - cpu[0];
    streams.close(Duration.ofSeconds(60));
    try (PrintWriter writer = new PrintWriter(System.getenv("ROWS"))) {
      for (var entry : rows.entrySet()) {
        String[] parts = entry.getKey().split(" ", 2);
        Moments m = entry.getValue();
        Object variance = m.n < 2 ? null : m.squares / (m.n - 1);
        writer.println(
            "{\"name\":" + MAPPER.writeValueAsString(parts[1]) + ",\"window_start\":" + parts[0]
                + ",\"n\":" + m.n + ",\"avg_temp\":" + m.mean + ",\"var_temp\":" + variance
                + ",\"max_temp\":" + m.max + "}");
      }
    }
    double start = (first.get() - begun) / 1e9;
    System.out.println(
        "{\"seconds\":" + seconds + ",\"cpuSeconds\":" + used + ",\"startSeconds\":" + start + "}");
    streams.cleanUp();
  }
}
