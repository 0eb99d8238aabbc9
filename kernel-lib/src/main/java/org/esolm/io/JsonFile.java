package org.esolm.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A JSON file that lies beside a model. */
public final class JsonFile {
  /** The index of a model of a thousand shards has some megabytes. */
  private static final long MAX_BYTES = 1 << 24;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private JsonFile() {}

  /**
   * Reads an object.
   *
   * @param file the file
   * @return what stands in it
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is too large, not JSON or not an object; the message
   *     says which in one line
   */
  public static ObjectNode object(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IllegalArgumentException(
          "%s: %,d bytes, allowed are %,d".formatted(file, Files.size(file), MAX_BYTES));
    }
    try {
      if (JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode object) {
        return object;
      }
      throw new IllegalArgumentException(file + ": not a JSON object");
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          file + ": not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""), e);
    }
  }
}
