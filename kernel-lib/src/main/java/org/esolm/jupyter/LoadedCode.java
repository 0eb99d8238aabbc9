package org.esolm.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Code from a file.
 *
 * @param source the file, and which cell of a notebook
 * @param text Java
 */
record LoadedCode(String source, String text) {
  /** A whole file, or each code cell of a notebook. */
  static List<LoadedCode> of(Path file) throws IOException {
    String name = file.getFileName().toString();
    String text = Files.readString(file);
    if (!name.endsWith(".ipynb")) {
      return List.of(new LoadedCode(name, text));
    }
    List<LoadedCode> cells = new ArrayList<>();
    try {
      for (JsonNode cell : JsonMapper.shared().readTree(text).path("cells")) {
        if (cell.path("cell_type").asString("").equals("code")) {
          String source = "%s, code cell %d".formatted(name, cells.size() + 1);
          cells.add(new LoadedCode(source, lines(cell.path("source"))));
        }
      }
    } catch (JacksonException e) {
      throw new IOException(name + " is no notebook: " + e.getOriginalMessage(), e);
    }
    return cells;
  }

  private static String lines(JsonNode source) {
    return source.isArray()
        ? StreamSupport.stream(source.spliterator(), false)
            .map(JsonNode::asString)
            .collect(Collectors.joining())
        : source.asString("");
  }
}
