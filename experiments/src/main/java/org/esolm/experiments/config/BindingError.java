package org.esolm.experiments.config;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Says in one line why a tree of values is not what a record wants. */
final class BindingError {
  private final JacksonException error;
  private final JsonNode tree;
  private final Class<?> root;

  BindingError(JacksonException error, JsonNode tree, Class<?> root) {
    this.error = error;
    this.tree = tree;
    this.root = root;
  }

  String message(Path file, List<String> overrides) {
    for (Throwable e = error; e != null; e = e.getCause()) {
      if (e instanceof IllegalArgumentException && e.getMessage() != null) {
        return e.getMessage(); // what a record's constructor says
      }
    }
    String path = path();
    String source =
        overrides.stream()
            .filter(override -> Overrides.key(override).equals(path))
            .reduce((first, last) -> last)
            .map(override -> "--set " + override)
            .orElse(file.toString());
    return source + ": " + (path.isEmpty() ? root.getSimpleName() : path) + ": " + reason();
  }

  private String reason() {
    if (error instanceof UnrecognizedPropertyException unknown) {
      List<String> known = unknown.getKnownPropertyIds().stream().map(String::valueOf).toList();
      return "unknown key, the nearest known one is %s (known: %s)"
          .formatted(
              nearest(unknown.getPropertyName(), known),
              known.stream().sorted().collect(Collectors.joining(", ")));
    }
    JsonNode value = value();
    if (error instanceof InputCoercionException number) {
      return value + ", allowed: a number in the range of " + number.getTargetType();
    }
    Class<?> wanted = error instanceof MismatchedInputException m ? m.getTargetType() : null;
    if (value.isMissingNode() || value.isNull()) {
      return "missing, needed: %s (given beside it: %s)".formatted(allowed(wanted), siblings());
    }
    return "%s, allowed: %s".formatted(value, allowed(wanted));
  }

  private static String allowed(Class<?> type) {
    if (type == null) {
      return "another value";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(", "));
    }
    if (type == String.class) {
      return "a text";
    }
    if (type.isRecord()) {
      return Arrays.stream(type.getRecordComponents())
          .map(component -> component.getName())
          .collect(Collectors.joining(", ", "an object with the keys ", ""));
    }
    return Collection.class.isAssignableFrom(type) || type.isArray()
        ? "a list"
        : "a " + type.getSimpleName();
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    for (var reference : error.getPath()) {
      String part =
          reference.getPropertyName() != null
              ? reference.getPropertyName()
              : String.valueOf(reference.getIndex());
      path.append(path.isEmpty() ? "" : ".").append(part);
    }
    return path.toString();
  }

  private JsonNode value() {
    return at(error.getPath());
  }

  /** Often a misspelt form of what is missing is among them. */
  private String siblings() {
    var path = error.getPath();
    return String.join(", ", at(path.subList(0, path.size() - 1)).propertyNames());
  }

  private JsonNode at(List<JacksonException.Reference> path) {
    JsonNode node = tree;
    for (var reference : path) {
      node =
          reference.getPropertyName() != null
              ? node.path(reference.getPropertyName())
              : node.path(reference.getIndex());
    }
    return node;
  }

  static String nearest(String key, Collection<String> known) {
    return known.stream()
        .min(
            Comparator.<String>comparingInt(k -> editDistance(key, k))
                .thenComparing(Comparator.naturalOrder()))
        .orElse("none");
  }

  /** Levenshtein's: insertions, deletions and replacements that make one word of the other. */
  private static int editDistance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
