import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * The workload in Flink SQL: count, mean, sample variance and maximum by name and window. Settings are
 * environment variables, see ../contestant.ts. Tuned: object reuse, mini-batches. State is on the heap
 * in both. The clock runs from the submission of the job in this process to its end.
 */
public class FlinkPeer {
  static final long WINDOW_MS = Long.parseLong(System.getenv("WINDOW_MS"));
  static final long SLIDE_MS = Long.parseLong(System.getenv("SLIDE_MS"));
  static final boolean TUNED = "1".equals(System.getenv("TUNED"));
  static final int ROUNDS = Integer.parseInt(System.getenv("ROUNDS"));

  static double cpuSeconds() {
    var bean = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime() / 1e9;
  }

  static String interval(long ms) {
    return "INTERVAL '" + ms / 1000 + "' SECOND(6)";
  }

  static final List<String> NUMBERS = List.of(System.getenv("NUMBERS").split(","));

  /** Columns of the objects that the numbers are in, and of those that are in none. */
  static String columns() {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (String path : NUMBERS) {
      int dot = path.indexOf('.');
      fields
          .computeIfAbsent(path.substring(0, Math.max(0, dot)), name -> new ArrayList<>())
          .add("`" + path.substring(dot + 1) + "` DOUBLE");
    }
    List<String> columns = new ArrayList<>();
    fields.forEach(
        (name, inner) -> {
          String list = String.join(", ", inner);
          columns.add(name.isEmpty() ? list : "`" + name + "` ROW<" + list + ">");
        });
    return String.join(", ", columns);
  }

  /** The sum of the numbers. */
  static String value() {
    return NUMBERS.stream()
        .map(path -> "`" + path.replace(".", "`.`") + "`")
        .collect(Collectors.joining(" + "));
  }

  public static void main(String[] args) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "2");
    configuration.setString("taskmanager.memory.network.max", "128m");
    if (TUNED) configuration.setString("pipeline.object-reuse", "true");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
    if (TUNED) environment.getConfig().enableObjectReuse();
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    if (TUNED) {
      tables.getConfig().set("table.exec.mini-batch.enabled", "true");
      tables.getConfig().set("table.exec.mini-batch.allow-latency", "500 ms");
      tables.getConfig().set("table.exec.mini-batch.size", "5000");
    }
    tables.executeSql(
        "CREATE TABLE readings (name STRING, dt BIGINT, " + columns() + ","
            + " ts AS TO_TIMESTAMP_LTZ(dt, 0), WATERMARK FOR ts AS ts - INTERVAL '10' SECOND)"
            + " WITH ('connector' = 'kafka', 'topic' = '" + System.getenv("TOPIC") + "',"
            + " 'properties.bootstrap.servers' = '" + System.getenv("BROKERS") + "',"
            + " 'properties.group.id' = 'flink-peer', 'scan.startup.mode' = 'earliest-offset',"
            + " 'scan.bounded.mode' = 'latest-offset', 'format' = 'json')");
    String window =
        WINDOW_MS == SLIDE_MS
            ? "TUMBLE(TABLE readings, DESCRIPTOR(ts), " + interval(WINDOW_MS) + ")"
            : "HOP(TABLE readings, DESCRIPTOR(ts), " + interval(SLIDE_MS) + ", " + interval(WINDOW_MS) + ")";
    String query =
        "SELECT name, CAST(window_start AS TIMESTAMP(3)) AS ws, COUNT(*) AS n, AVG(" + value() + ") AS mean,"
            + " VAR_SAMP(" + value() + ") AS variance, MAX(" + value() + ") AS most FROM TABLE(" + window + ")"
            + " GROUP BY name, window_start, window_end";
    tables.getConfig().setLocalTimeZone(java.time.ZoneOffset.UTC);
    for (int round = 0; round < ROUNDS; round++) {
      long begun = System.nanoTime();
      double cpu = cpuSeconds();
      List<Row> rows = new ArrayList<>();
      try (CloseableIterator<Row> results = tables.executeSql(query).collect()) {
        results.forEachRemaining(rows::add);
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      double used = cpuSeconds() - cpu;
      try (PrintWriter writer = new PrintWriter(System.getenv("ROWS"))) {
        for (Row row : rows) {
          long n = (long) row.getField("n");
          Instant start = ((java.time.LocalDateTime) row.getField("ws")).toInstant(java.time.ZoneOffset.UTC);
          writer.println(
              "{\"name\":\"" + row.getField("name") + "\",\"window_start\":" + start.toEpochMilli()
                  + ",\"n\":" + n + ",\"avg_temp\":" + row.getField("mean") + ",\"var_temp\":"
                  + (n < 2 ? "null" : row.getField("variance")) + ",\"max_temp\":" + row.getField("most") + "}");
        }
      }
      System.out.println("{\"seconds\":" + seconds + ",\"cpuSeconds\":" + used + ",\"startSeconds\":0}");
    }
    System.exit(0);
  }
}
