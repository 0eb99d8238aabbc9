package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The measurements of a folder, a line of JSON each, written as they are made: who comes back later
 * goes on behind the last one.
 */
public final class RowFile {
  private final Path file;
  private final List<Map<String, Object>> rows = new ArrayList<>();

  private RowFile(Path file) {
    this.file = file;
  }

  /**
   * Opens or begins a file of rows.
   *
   * @param file its place; a last line that was not finished is dropped
   * @return the rows
   * @throws IOException if it cannot be read or written
   * @throws IllegalArgumentException if it holds something else
   */
  public static RowFile open(Path file) throws IOException {
    RowFile rows = new RowFile(file);
    if (!Files.exists(file)) {
      return rows;
    }
    String text = Files.readString(file);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    for (String line : whole.lines().toList()) {
      try {
        rows.rows.add(JsonMapper.shared().readValue(line, new TypeReference<>() {}));
      } catch (JacksonException e) {
        throw new IllegalArgumentException(file + ": not a line of JSON: " + line, e);
      }
    }
    if (whole.length() < text.length()) {
      Files.writeString(file, whole);
    }
    return rows;
  }

  /**
   * Keeps a row.
   *
   * @param row its keys and values
   * @throws IOException if it cannot be written
   */
  public void add(Map<String, Object> row) throws IOException {
    String line = JsonMapper.shared().writeValueAsString(row) + "\n";
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    rows.add(row);
  }

  /**
   * All rows.
   *
   * @return in the order in which they were measured
   */
  public List<Map<String, Object>> all() {
    return Collections.unmodifiableList(rows);
  }

  /**
   * The first row that has all these values.
   *
   * @param key names, and the values that the row must have under them
   * @return the row; empty if there is none
   */
  public Optional<Map<String, Object>> find(Map<String, Object> key) {
    return rows.stream()
        .filter(
            row -> key.entrySet().stream().allMatch(e -> e.getValue().equals(row.get(e.getKey()))))
        .findFirst();
  }
}
