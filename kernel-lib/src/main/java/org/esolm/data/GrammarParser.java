package org.esolm.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.esolm.data.Grammar.State;
import org.esolm.data.Grammar.Successor;
import org.esolm.data.Grammar.Weighted;

/**
 * Reads a toy language's file; the format is described at the head of {@code toy.lang}. Every error
 * says the line, what is wrong and what is allowed.
 */
final class GrammarParser {
  private static final Pattern STATE =
      Pattern.compile("state\\s+(\\S+)\\s*\\(([^)]*)\\)(?:\\s+emits\\s+(.+))?");
  static final Pattern PLACEHOLDER = Pattern.compile("\\{([^}]*)}");

  private final String source;
  private final Map<String, List<Weighted>> features = new LinkedHashMap<>();
  private final Map<String, List<Weighted>> classes = new LinkedHashMap<>();
  private final Set<String> words = new LinkedHashSet<>();
  private final Map<String, State> states = new LinkedHashMap<>();
  private int line;
  private State current;

  private GrammarParser(String source) {
    this.source = source;
  }

  static Grammar parse(String source, String text) {
    GrammarParser parser = new GrammarParser(source);
    for (String raw : text.split("\n", -1)) {
      parser.line++;
      String content = raw.replaceFirst("(^|\\s)#.*", "").strip();
      if (!content.isEmpty()) {
        parser.read(content);
      }
    }
    parser.check();
    return new Grammar(
        source, parser.features, parser.classes, List.copyOf(parser.words), parser.states);
  }

  private void read(String content) {
    String keyword = content.split("\\s+", 2)[0];
    switch (keyword) {
      case "feature" -> {
        declare(features, content);
        current = null;
      }
      case "words" -> {
        words.addAll(names(declare(classes, content)));
        current = null;
      }
      case "state" -> readState(content);
      default -> {
        if (!Character.isDigit(keyword.charAt(0))) {
          throw error("'" + keyword + "', allowed: feature, words, state, or a successor's weight");
        }
        readSuccessor(content);
      }
    }
  }

  private List<Weighted> declare(Map<String, List<Weighted>> into, String content) {
    String[] parts = content.split("\\s+", 4);
    if (parts.length < 4 || !parts[2].equals("=")) {
      throw error("'" + content + "', allowed: " + parts[0] + " NAME = ITEM:WEIGHT ...");
    }
    List<Weighted> items = weighted(parts[3]);
    if (into.put(parts[1], items) != null) {
      throw error(parts[0] + " '" + parts[1] + "' is declared twice");
    }
    return items;
  }

  private void readState(String content) {
    Matcher m = STATE.matcher(content);
    if (!m.matches()) {
      throw error("'" + content + "', allowed: state NAME (FEATURES) emits CLASS:WEIGHT ...");
    }
    List<String> carried =
        Arrays.stream(m.group(2).strip().split("\\s+")).filter(f -> !f.isEmpty()).toList();
    for (String feature : carried) {
      known("feature", feature, features.keySet());
    }
    List<Weighted> emits = m.group(3) == null ? List.of() : weighted(m.group(3));
    for (Weighted item : emits) {
      PLACEHOLDER
          .matcher(item.name())
          .results()
          .forEach(r -> known(feature(m.group(1)), r.group(1), carried));
    }
    current = new State(line, m.group(1), carried, emits, new ArrayList<>());
    if (states.put(current.name(), current) != null) {
      throw error("state '" + current.name() + "' is declared twice");
    }
  }

  private void readSuccessor(String content) {
    if (current == null) {
      throw error("'" + content + "' is a successor, allowed only below a state");
    }
    String[] parts = content.split("\\s+");
    if (parts.length < 2) {
      throw error("'" + content + "', allowed: WEIGHT STATE if F=V|V set F=V");
    }
    Map<String, List<String>> conditions = new LinkedHashMap<>();
    Map<String, String> changes = new LinkedHashMap<>();
    String mode = "";
    for (String part : Arrays.asList(parts).subList(2, parts.length)) {
      String[] pair = part.split("=", 2);
      if (part.equals("if") || part.equals("set")) {
        mode = part;
      } else if (mode.isEmpty() || pair.length < 2) {
        throw error("'" + part + "', allowed: if F=V|V ... set F=V ...");
      } else if (mode.equals("if")) {
        known(feature(current.name()), pair[0], current.features());
        List<String> values = List.of(pair[1].split("\\|"));
        values.forEach(v -> known("value of " + pair[0], v, names(features.get(pair[0]))));
        conditions.put(pair[0], values);
      } else {
        known("feature", pair[0], features.keySet());
        List<String> values = new ArrayList<>(names(features.get(pair[0])));
        values.add(Grammar.ANY);
        known("value of " + pair[0], pair[1], values);
        changes.put(pair[0], pair[1]);
      }
    }
    current.next().add(new Successor(line, weight(parts[0]), parts[1], conditions, changes));
  }

  /** What can be known only after the last line. */
  private void check() {
    line = Math.max(1, line);
    if (states.isEmpty()) {
      throw error("the file has no state, allowed: at least one");
    }
    for (State state : states.values()) {
      line = state.line();
      if (state.next().isEmpty()) {
        throw error("state '" + state.name() + "' has no successor, allowed: at least one");
      }
      for (Successor way : state.next()) {
        line = way.line();
        known("state", way.target(), states.keySet());
        List<String> carried = states.get(way.target()).features();
        way.changes().keySet().forEach(f -> known(feature(way.target()), f, carried));
        for (String feature : carried) {
          if (!state.features().contains(feature) && !way.changes().containsKey(feature)) {
            throw error(
                "state '"
                    + way.target()
                    + "' carries '"
                    + feature
                    + "' and state '"
                    + state.name()
                    + "' does not, allowed: set "
                    + feature
                    + "=VALUE or "
                    + feature
                    + "=any");
          }
        }
      }
    }
  }

  private static String feature(String state) {
    return "feature of state '" + state + "'";
  }

  private List<Weighted> weighted(String items) {
    Map<String, Weighted> result = new LinkedHashMap<>();
    for (String item : items.split("\\s+")) {
      int colon = item.lastIndexOf(':');
      boolean weighted = colon > 0 && colon < item.length() - 1;
      String name = weighted ? item.substring(0, colon) : item;
      double weight = weighted ? weight(item.substring(colon + 1)) : 1;
      if (result.put(name, new Weighted(name, weight)) != null) {
        throw error("'" + name + "' stands twice in one list");
      }
    }
    return List.copyOf(result.values());
  }

  private double weight(String text) {
    if (!text.matches("\\d+(\\.\\d+)?") || Double.parseDouble(text) == 0) {
      throw error("weight '" + text + "', allowed: a number above 0");
    }
    return Double.parseDouble(text);
  }

  private void known(String what, String name, Collection<String> allowed) {
    if (!allowed.contains(name)) {
      throw error(
          "unknown "
              + what
              + " '"
              + name
              + "', allowed: "
              + (allowed.isEmpty() ? "none" : String.join(", ", allowed)));
    }
  }

  private static List<String> names(List<Weighted> items) {
    return items.stream().map(Weighted::name).toList();
  }

  private IllegalArgumentException error(String message) {
    return Grammar.error(source, line, message);
  }
}
