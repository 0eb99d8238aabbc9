package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A notebook as the JSON document that it is. Parameters follow papermill's convention: the cell
 * tagged {@code parameters} declares them with their defaults, and values from outside are put into
 * a cell tagged {@code injected-parameters} right after it.
 */
final class NotebookFile {
  private static final String PARAMETERS = "parameters";
  private static final String INJECTED = "injected-parameters";

  private final Path path;
  private final ObjectNode json;

  private NotebookFile(Path path, ObjectNode json) {
    this.path = path;
    this.json = json;
  }

  /**
   * Reads a notebook.
   *
   * @throws IllegalArgumentException if the file is none
   */
  static NotebookFile read(Path path) throws IOException {
    JsonNode json;
    try {
      json = JsonMapper.shared().readTree(Files.readString(path));
    } catch (JacksonException e) {
      throw new IllegalArgumentException(path + ": not a notebook: " + e.getOriginalMessage(), e);
    }
    if (!(json instanceof ObjectNode object && object.get("cells") instanceof ArrayNode)) {
      throw new IllegalArgumentException(path + ": not a notebook: it has no list 'cells'");
    }
    return new NotebookFile(path, object);
  }

  int cells() {
    return cellList().size();
  }

  /** The text of a cell, counted from 0. */
  String source(int cell) {
    JsonNode source = cellList().get(cell).path("source");
    return source.isArray()
        ? StreamSupport.stream(source.spliterator(), false)
            .map(JsonNode::asString)
            .collect(Collectors.joining())
        : source.asString("");
  }

  /** The first heading, or nothing. */
  String title() {
    for (int i = 0; i < cells(); i++) {
      if (cellList().get(i).path("cell_type").asString("").equals("markdown")) {
        return source(i).lines().findFirst().orElse("").replaceFirst("^#+\\s*", "");
      }
    }
    return "";
  }

  /** The parameters that the notebook declares; none where no cell has the tag. */
  NotebookParameters parameters() {
    return tagged(PARAMETERS)
        .map(i -> NotebookParameters.parse(source(i)))
        .orElse(NotebookParameters.NONE);
  }

  /**
   * The same notebook with other values of its parameters.
   *
   * @throws IllegalArgumentException if it declares no such parameter, or the value is not of its
   *     type; names the notebook, the parameter and what is allowed
   */
  NotebookFile with(Map<String, String> values) {
    if (values.isEmpty()) {
      return this;
    }
    String assignments;
    try {
      assignments = parameters().assignments(values);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path.getFileName() + ": " + e.getMessage(), e);
    }
    NotebookFile copy = new NotebookFile(path, json.deepCopy());
    copy.tagged(INJECTED).ifPresent(copy.cellList()::remove);
    copy.cellList().insert(copy.tagged(PARAMETERS).orElseThrow() + 1, copy.codeCell(assignments));
    return copy;
  }

  String toJson() {
    return JsonMapper.shared().writeValueAsString(json);
  }

  private ObjectNode codeCell(String source) {
    ObjectNode cell = json.objectNode();
    cell.put("cell_type", "code");
    if (json.path("nbformat_minor").asInt(0) >= 5) {
      cell.put("id", INJECTED);
    }
    cell.putObject("metadata").putArray("tags").add(INJECTED);
    cell.putNull("execution_count");
    cell.putArray("outputs");
    cell.put("source", source);
    return cell;
  }

  private ArrayNode cellList() {
    return (ArrayNode) json.get("cells");
  }

  private Optional<Integer> tagged(String tag) {
    for (int i = 0; i < cells(); i++) {
      for (JsonNode t : cellList().get(i).path("metadata").path("tags")) {
        if (t.asString("").equals(tag)) {
          return Optional.of(i);
        }
      }
    }
    return Optional.empty();
  }
}
