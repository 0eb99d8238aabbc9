package org.esolm.experiments.config;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code a.b=value} put into a tree; an element of a list is named by its number from 0. */
final class Overrides {
  private Overrides() {}

  static void apply(ObjectNode tree, List<String> overrides, ObjectMapper mapper) {
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("--set " + override + ": key=value is needed");
      }
      String[] path = key(override).split("\\.", -1);
      set(tree, path, value(override.substring(equals + 1), override, mapper), override);
    }
  }

  static String key(String override) {
    return override.substring(0, Math.max(override.indexOf('='), 0)).strip();
  }

  private static JsonNode value(String text, String override, ObjectMapper mapper) {
    try {
      JsonNode node = mapper.readTree(text);
      return node.isMissingNode() ? mapper.getNodeFactory().nullNode() : node;
    } catch (JacksonException e) {
      throw new IllegalArgumentException("--set " + override + ": the value is not valid YAML", e);
    }
  }

  private static void set(ObjectNode tree, String[] path, JsonNode value, String override) {
    JsonNode at = tree;
    for (int i = 0; i < path.length - 1; i++) {
      JsonNode next = child(at, path[i], override);
      if (next == null || next.isNull()) {
        next = tree.objectNode();
        put(at, path[i], next, override);
      }
      at = next;
    }
    put(at, path[path.length - 1], value, override);
  }

  private static JsonNode child(JsonNode node, String key, String override) {
    return node instanceof ArrayNode list ? list.get(index(list, key, override)) : node.get(key);
  }

  private static void put(JsonNode node, String key, JsonNode value, String override) {
    switch (node) {
      case ObjectNode object -> object.set(key, value);
      case ArrayNode list -> list.set(index(list, key, override), value);
      default ->
          throw new IllegalArgumentException(
              "--set %s: nothing stands below %s".formatted(override, node));
    }
  }

  private static int index(ArrayNode list, String key, String override) {
    if (!key.matches("\\d{1,9}") || Integer.parseInt(key) >= list.size()) {
      throw new IllegalArgumentException(
          "--set %s: %s is no element of the list, allowed: 0 to %d"
              .formatted(override, key, list.size() - 1));
    }
    return Integer.parseInt(key);
  }
}
