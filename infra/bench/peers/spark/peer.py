"""The workload in Spark Structured Streaming: count, mean, sample variance and maximum by name and window.

Settings are environment variables, see ../contestant.ts. Tuned: two shuffle partitions instead of 200,
no metrics. Windows that are still open at the end are not written (append mode). The clock runs from the
start of the query to its end.
"""
import glob
import json
import os
import shutil
import time

from pyspark.sql import SparkSession, functions as f

TUNED = os.environ["TUNED"] == "1"
WORK = os.environ["WORK"]

builder = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(glob.glob(os.environ["JARS"] + "/*.jar")))
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.memory", "4g")
    .config("spark.sql.session.timeZone", "UTC")
)
if TUNED:
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.sql.streaming.metricsEnabled", "false")
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
jvm = spark._jvm.java.lang.ProcessHandle.current().pid()

window_s = int(os.environ["WINDOW_MS"]) // 1000
slide_s = int(os.environ["SLIDE_MS"]) // 1000
paths = os.environ["NUMBERS"].split(",")
structs = {}
for path in paths:
    outer, _, inner = path.rpartition(".")
    structs.setdefault(outer, []).append(f"`{inner}`{':' if outer else ''} double")
nested = [f"`{name}` struct<{', '.join(fields)}>" for name, fields in structs.items() if name]
schema = ", ".join(["name string, dt long", *nested, *structs.get("", [])])
value = sum((f.col(f"j.{path}") for path in paths[1:]), f.col(f"j.{paths[0]}"))
rows = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", os.environ["BROKERS"])
    .option("subscribe", os.environ["TOPIC"])
    .option("startingOffsets", "earliest")
    .load()
    .select(f.from_json(f.col("value").cast("string"), schema).alias("j"))
    .select("j.name", f.timestamp_seconds("j.dt").alias("t"), value.alias("temp"))
    .withWatermark("t", "10 seconds")
    .groupBy("name", f.window("t", f"{window_s} seconds", f"{slide_s} seconds"))
    .agg(f.count("*").alias("n"), f.avg("temp").alias("mean"), f.var_samp("temp").alias("var"), f.max("temp").alias("mx"))
    .select("name", f.unix_millis("window.start").alias("ws"), "n", "mean", "var", "mx")
)


def cpu_seconds():
    """Processor time of the JVM."""
    with open(f"/proc/{jvm}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


for _ in range(int(os.environ["ROUNDS"])):
    shutil.rmtree(f"{WORK}/spark", ignore_errors=True)
    found = []
    begun, cpu = time.time(), cpu_seconds()
    query = (
        rows.writeStream.outputMode("append")
        .foreachBatch(lambda batch, _: found.extend(batch.collect()))
        .option("checkpointLocation", f"{WORK}/spark")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    took = {"seconds": time.time() - begun, "cpuSeconds": cpu_seconds() - cpu, "startSeconds": 0}
    with open(os.environ["ROWS"], "w") as file:
        for row in found:
            variance = None if row.n < 2 else row["var"]
            line = {"name": row.name, "window_start": row.ws, "n": row.n, "avg_temp": row["mean"]}
            file.write(json.dumps({**line, "var_temp": variance, "max_temp": row.mx}) + "\n")
    print(json.dumps(took), flush=True)
spark.stop()
