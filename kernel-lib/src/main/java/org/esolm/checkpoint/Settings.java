package org.esolm.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.esolm.io.PickledObject;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a checkpoint says about its model, which may be anything or nothing. The releases spell the
 * same setting in several ways: a lookup takes them all, and the first that is there counts.
 */
final class Settings {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MAX_DEPTH = 20;

  private final String origin;
  private final JsonNode root;

  /**
   * Settings from a tree.
   *
   * @param origin where they stand, for messages
   * @param root an object
   */
  Settings(String origin, JsonNode root) {
    this.origin = origin;
    this.root = root;
  }

  /** Settings from a pickle, where OmegaConf may have wrapped every value. */
  static Settings ofPickle(String origin, Object pickled) {
    return new Settings(origin, tree(pickled, 0));
  }

  private static JsonNode tree(Object value, int depth) {
    if (depth > MAX_DEPTH) {
      return JSON.nullNode();
    }
    return switch (value) {
      case String s -> JSON.stringNode(s);
      case Boolean b -> JSON.booleanNode(b);
      case Integer i -> JSON.numberNode(i.intValue());
      case Long l -> JSON.numberNode(l.longValue());
      case Double d -> JSON.numberNode(d.doubleValue());
      case Map<?, ?> map -> object(map, depth);
      case PickledObject o when o.state() instanceof Map<?, ?> state ->
          state.containsKey("_content")
              ? tree(state.get("_content"), depth + 1)
              : tree(state.get("_val"), depth + 1);
      case PickledObject o -> object(o.entries(), depth);
      case null, default -> JSON.nullNode(); // a list, a tokenizer: nothing that is asked for
    };
  }

  private static ObjectNode object(Map<?, ?> map, int depth) {
    ObjectNode node = JSON.objectNode();
    map.forEach((key, value) -> node.set(String.valueOf(key), tree(value, depth + 1)));
    return node;
  }

  /** The first of some settings that is there, with its name. */
  private record Found(String name, JsonNode value) {}

  private Optional<Found> find(List<String> names) {
    for (String name : names) {
      JsonNode node = root;
      for (String part : name.split("\\.")) {
        node = node.path(part);
      }
      if (!node.isMissingNode() && !node.isNull()) {
        return Optional.of(new Found(name, node));
      }
    }
    return Optional.empty();
  }

  /**
   * How a setting is called here.
   *
   * @return where it stands and its name, for messages
   */
  String nameOf(String... names) {
    return origin + ": " + find(List.of(names)).map(Found::name).orElse(names[0]);
  }

  /** A whole number. */
  Optional<Integer> integer(String... names) {
    return find(List.of(names))
        .map(
            found -> {
              if (!found.value.isIntegralNumber() || !found.value.canConvertToInt()) {
                throw wrong(found, "a whole number");
              }
              return found.value.intValue();
            });
  }

  /** Any number. */
  Optional<Double> number(String... names) {
    return find(List.of(names))
        .map(
            found -> {
              if (!found.value.isNumber()) {
                throw wrong(found, "a number");
              }
              return found.value.doubleValue();
            });
  }

  /** A text. */
  Optional<String> text(String... names) {
    return find(List.of(names))
        .map(
            found -> {
              if (!found.value.isString()) {
                throw wrong(found, "a text");
              }
              return found.value.stringValue();
            });
  }

  /** Yes or no. */
  Optional<Boolean> flag(String... names) {
    return find(List.of(names))
        .map(
            found -> {
              if (!found.value.isBoolean()) {
                throw wrong(found, "true or false");
              }
              return found.value.booleanValue();
            });
  }

  private IllegalArgumentException wrong(Found found, String allowed) {
    String value = found.value.toString();
    return new IllegalArgumentException(
        "%s: %s: %s, allowed: %s"
            .formatted(
                origin, found.name, value.length() > 80 ? value.substring(0, 80) : value, allowed));
  }
}
