package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/** Small notebooks for tests. */
final class NotebookFixture {
  private static final String PARAMETERS = "#parameters\n";

  private NotebookFixture() {}

  /**
   * Writes a notebook: a cell that begins with {@code "# "} is text, one that begins with {@code
   * "#parameters"} is the parameters cell.
   */
  static Path write(Path file, String... cells) throws IOException {
    List<?> list = IntStream.range(0, cells.length).mapToObj(i -> cell("c" + i, cells[i])).toList();
    Map<String, ?> spec = Map.of("name", "esolm", "display_name", "Java", "language", "java");
    return Files.writeString(
        file,
        JsonMapper.shared()
            .writeValueAsString(
                Map.of(
                    "nbformat",
                    4,
                    "nbformat_minor",
                    5,
                    "metadata",
                    Map.of("kernelspec", spec),
                    "cells",
                    list)));
  }

  private static Map<String, ?> cell(String id, String text) {
    if (text.startsWith("# ")) {
      return Map.of("cell_type", "markdown", "id", id, "metadata", Map.of(), "source", text);
    }
    boolean parameters = text.startsWith(PARAMETERS);
    Map<String, Object> cell = new HashMap<>();
    cell.put("cell_type", "code");
    cell.put("id", id);
    cell.put("metadata", parameters ? Map.of("tags", List.of("parameters")) : Map.of());
    cell.put("execution_count", null);
    cell.put("outputs", List.of());
    cell.put("source", parameters ? text.substring(PARAMETERS.length()) : text);
    return cell;
  }
}
