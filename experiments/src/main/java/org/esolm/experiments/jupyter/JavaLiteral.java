package org.esolm.experiments.jupyter;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Java expressions for values that come as text. */
final class JavaLiteral {
  private static final String ALLOWED =
      "String, Path, boolean, char, a number, a List or an array of these";
  private static final Map<String, String> BOXED =
      Map.of(
          "int",
          "Integer",
          "long",
          "Long",
          "short",
          "Short",
          "byte",
          "Byte",
          "double",
          "Double",
          "float",
          "Float",
          "boolean",
          "Boolean",
          "char",
          "Character");

  private JavaLiteral() {}

  /**
   * An expression that can be assigned to a variable.
   *
   * @param what what is set, for messages
   * @param type the variable's type as it is written in Java
   * @param text the value: a list is separated by commas, with or without brackets around it
   * @throws IllegalArgumentException if the text is no value of the type, or of the type nothing is
   *     known
   */
  static String of(String what, String type, String text) {
    if (type.startsWith("List<")) {
      String element = type.substring("List<".length(), type.length() - 1);
      return "java.util.List.of(" + elements(what, element, text) + ")";
    }
    if (type.endsWith("[]")) {
      String element = type.substring(0, type.length() - 2).strip();
      return "new " + element + "[] {" + elements(what, element, text) + "}";
    }
    return switch (type) {
      case "String" -> quoted(text);
      case "Path" -> "java.nio.file.Path.of(" + quoted(text) + ")";
      case "boolean", "Boolean" -> bool(what, text);
      case "char", "Character" -> character(what, text);
      case "byte", "Byte" -> number(what, text, type, Byte::decode, "");
      case "short", "Short" -> number(what, text, type, Short::decode, "");
      case "int", "Integer" -> number(what, text, type, Integer::decode, "");
      case "long", "Long" -> number(what, text, type, Long::decode, "L");
      case "float", "Float" -> number(what, text, type, JavaLiteral::finiteFloat, "f");
      case "double", "Double" -> number(what, text, type, JavaLiteral::finiteDouble, "");
      default ->
          throw new IllegalArgumentException(
              what + ": its type '" + type + "' cannot be set from outside, allowed: " + ALLOWED);
    };
  }

  /** The class of a primitive type, for type arguments. */
  static String boxed(String type) {
    return BOXED.getOrDefault(type, type);
  }

  private static String elements(String what, String type, String text) {
    String inner = text.strip().replaceFirst("^[\\[{](.*)[]}]$", "$1");
    return Stream.of(inner.split(","))
        .map(String::strip)
        .filter(e -> !e.isEmpty())
        .map(e -> type.equals("String") ? e.replaceFirst("^([\"'])(.*)\\1$", "$2") : e)
        .map(e -> of(what, type, e))
        .collect(Collectors.joining(", "));
  }

  private static String quoted(String text) {
    StringBuilder literal = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      literal.append(escaped(c, '"'));
    }
    return literal.append('"').toString();
  }

  private static String escaped(char c, char quote) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\\' -> "\\\\";
      default -> c == quote ? "\\" + c : c < ' ' ? "\\u%04x".formatted((int) c) : "" + c;
    };
  }

  private static String character(String what, String text) {
    if (text.length() != 1) {
      throw new IllegalArgumentException(what + ": one character is allowed, got '" + text + "'");
    }
    return "'" + escaped(text.charAt(0), '\'') + "'";
  }

  private static String bool(String what, String text) {
    if (!List.of("true", "false").contains(text)) {
      throw new IllegalArgumentException(what + ": allowed are true and false, got '" + text + "'");
    }
    return text;
  }

  private static String number(
      String what, String text, String type, Function<String, Number> parse, String suffix) {
    try {
      return parse.apply(text.strip().replace("_", "")) + suffix;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(what + ": needs a " + type + ", got '" + text + "'", e);
    }
  }

  private static Number finiteDouble(String text) {
    double value = Double.parseDouble(text);
    if (!Double.isFinite(value)) {
      throw new NumberFormatException(text);
    }
    return value;
  }

  private static Number finiteFloat(String text) {
    float value = Float.parseFloat(text);
    if (!Float.isFinite(value)) {
      throw new NumberFormatException(text);
    }
    return value;
  }
}
