package org.esolm.experiments.parity;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.esolm.data.Detokenizer;
import org.esolm.data.Packing;
import tools.jackson.databind.JsonNode;

/** How text is prepared: every entry exactly. */
final class TextCases {
  private TextCases() {}

  static void text(GoldenCase golden, ParityReport report) throws IOException {
    for (JsonNode file : golden.list("files")) {
      String name = file.asString();
      switch (name) {
        case "detokenizers.json" -> detokenizers(golden, report, golden.read(name));
        case "packing.json" -> packing(golden, report, golden.read(name));
        default ->
            report.failure(
                golden.name() + " " + name, "unknown, known: detokenizers.json, packing.json");
      }
    }
  }

  private static void detokenizers(GoldenCase golden, ParityReport report, JsonNode entries) {
    for (int i = 0; i < entries.size(); i++) {
      JsonNode entry = entries.get(i);
      String which = field(entry, i, "detokenizer").asString();
      String what = golden.name() + " detokenizer " + i + " " + which;
      try {
        String actual =
            Detokenizer.valueOf(which.toUpperCase(Locale.ROOT))
                .apply(field(entry, i, "input").asString());
        report.exact(what, field(entry, i, "output").asString(), actual);
      } catch (IllegalArgumentException e) {
        report.failure(what, "unknown, known: " + Arrays.toString(Detokenizer.values()));
      }
    }
  }

  private static void packing(GoldenCase golden, ParityReport report, JsonNode entries) {
    for (int i = 0; i < entries.size(); i++) {
      JsonNode entry = entries.get(i);
      Packing packing =
          new Packing(
              field(entry, i, "bos").asInt(),
              field(entry, i, "eos").asInt(),
              field(entry, i, "insert_special_tokens").asBoolean(),
              0);
      List<int[]> documents = List.of(rows(field(entry, i, "documents")));
      int[][] actual = packing.blocks(documents, field(entry, i, "block_size").asInt());
      report.exact(
          golden.name() + " packing " + i,
          Arrays.deepToString(rows(field(entry, i, "blocks"))),
          Arrays.deepToString(actual));
    }
  }

  private static JsonNode field(JsonNode entry, int i, String key) {
    JsonNode value = entry.get(key);
    if (value == null) {
      throw new IllegalArgumentException("entry " + i + ": no '" + key + "'");
    }
    return value;
  }

  private static int[][] rows(JsonNode lists) {
    return StreamSupport.stream(lists.spliterator(), false)
        .map(list -> IntStream.range(0, list.size()).map(j -> list.get(j).asInt()).toArray())
        .toArray(int[][]::new);
  }
}
