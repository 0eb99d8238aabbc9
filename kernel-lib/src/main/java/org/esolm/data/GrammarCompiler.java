package org.esolm.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.esolm.data.Grammar.State;
import org.esolm.data.Grammar.Successor;
import org.esolm.data.Grammar.Weighted;

/**
 * Expands a grammar to its product automaton: one hidden state for every grammar position with
 * every reachable choice of the features that it carries. Crossroads, which emit nothing, are
 * passed through and vanish.
 */
final class GrammarCompiler {
  /** A grammar position and the values of its features, in the order in which it lists them. */
  record Node(State state, List<String> values) {
    String value(String feature) {
      int i = state.features().indexOf(feature);
      return i < 0 ? null : values.get(i);
    }

    @Override
    public String toString() {
      StringBuilder label = new StringBuilder(state.name());
      for (int i = 0; i < values.size(); i++) {
        label.append(' ').append(state.features().get(i)).append('=').append(values.get(i));
      }
      return label.toString();
    }
  }

  /** What the grammar becomes: the model, and what its states stand for. */
  record Result(HiddenMarkovModel model, List<Node> nodes) {}

  private final Grammar grammar;
  private final Map<Node, Integer> index = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<List<Weighted>, Integer> laws = new LinkedHashMap<>();
  private final List<Map<Integer, Double>> lawRows = new ArrayList<>();
  private final Set<String> passed = new HashSet<>();

  private GrammarCompiler(Grammar grammar) {
    this.grammar = grammar;
  }

  static Result compile(Grammar grammar) {
    return new GrammarCompiler(grammar).compile();
  }

  private Result compile() {
    State start = grammar.states().values().iterator().next();
    Map<String, String> any = new LinkedHashMap<>();
    start.features().forEach(f -> any.put(f, Grammar.ANY));
    Successor entry = new Successor(start.line(), 1, start.name(), Map.of(), any);
    enter(null, entry, 1, new TreeMap<>(), new ArrayList<>());

    List<Map<Integer, Double>> rows = new ArrayList<>();
    List<Integer> lawOf = new ArrayList<>();
    for (int s = 0; s < nodes.size(); s++) { // grows while it is walked through
      Map<Integer, Double> row = new TreeMap<>();
      leave(nodes.get(s), 1, row, new ArrayList<>());
      rows.add(row);
      lawOf.add(law(nodes.get(s)));
    }
    for (State state : grammar.states().values()) {
      if (!passed.contains(state.name())) {
        throw error(state.line(), "state '" + state.name() + "' is never reached");
      }
    }
    HiddenMarkovModel model;
    try {
      model =
          new HiddenMarkovModel(
              SparseMatrix.of(nodes.size(), rows),
              lawOf.stream().mapToInt(i -> i).toArray(),
              SparseMatrix.of(grammar.words().size(), lawRows),
              s -> "'" + nodes.get(s) + "'");
    } catch (IllegalArgumentException e) {
      throw error(start.line(), e.getMessage());
    }
    return new Result(model, List.copyOf(nodes));
  }

  /** Adds the law of what follows a node to a row; {@code path} holds the crossroads passed. */
  private void leave(Node from, double p, Map<Integer, Double> row, List<Node> path) {
    List<Successor> ways = from.state().next().stream().filter(w -> open(w, from)).toList();
    if (ways.isEmpty()) {
      throw error(
          from.state().line(), "state '" + from + "' has no successor, allowed: at least one");
    }
    double total = ways.stream().mapToDouble(Successor::weight).sum();
    for (Successor way : ways) {
      enter(from, way, p * way.weight() / total, row, path);
    }
  }

  private static boolean open(Successor way, Node from) {
    return way.conditions().entrySet().stream()
        .allMatch(c -> c.getValue().contains(from.value(c.getKey())));
  }

  private void enter(
      Node from, Successor way, double p, Map<Integer, Double> row, List<Node> path) {
    State target = grammar.states().get(way.target());
    passed.add(target.name());
    Map<List<String>, Double> choices = Map.of(List.of(), p);
    for (String feature : target.features()) {
      Map<List<String>, Double> longer = new LinkedHashMap<>();
      for (Weighted value : values(feature, way.changes().get(feature), from)) {
        choices.forEach((v, q) -> longer.put(append(v, value.name()), q * value.weight()));
      }
      choices = longer;
    }
    choices.forEach((values, q) -> arrive(new Node(target, values), q, row, path));
  }

  private void arrive(Node node, double p, Map<Integer, Double> row, List<Node> path) {
    if (!node.state().silent()) {
      Integer known = index.putIfAbsent(node, nodes.size());
      if (known == null) {
        nodes.add(node);
      }
      row.merge(index.get(node), p, Double::sum);
      return;
    }
    if (path.contains(node)) {
      throw error(node.state().line(), "state '" + node + "' comes back to itself without a word");
    }
    leave(node, p, row, append(path, node));
  }

  /** The law of a feature on the way to a state that carries it. */
  private List<Weighted> values(String feature, String change, Node from) {
    if (change == null) {
      return List.of(new Weighted(from.value(feature), 1));
    }
    if (!change.equals(Grammar.ANY)) {
      return List.of(new Weighted(change, 1));
    }
    List<Weighted> declared = grammar.features().get(feature);
    double total = declared.stream().mapToDouble(Weighted::weight).sum();
    return declared.stream().map(w -> new Weighted(w.name(), w.weight() / total)).toList();
  }

  /** The law that a node emits from, shared by all nodes with the same mixture of classes. */
  private int law(Node node) {
    List<Weighted> mixture =
        node.state().emits().stream()
            .map(item -> new Weighted(className(item.name(), node), item.weight()))
            .toList();
    Integer known = laws.putIfAbsent(mixture, lawRows.size());
    if (known != null) {
      return known;
    }
    Map<Integer, Double> row = new TreeMap<>();
    double all = mixture.stream().mapToDouble(Weighted::weight).sum();
    for (Weighted item : mixture) {
      List<Weighted> words = grammar.classes().get(item.name());
      double total = words.stream().mapToDouble(Weighted::weight).sum();
      for (Weighted word : words) {
        double p = item.weight() / all * word.weight() / total;
        row.merge(grammar.words().indexOf(word.name()), p, Double::sum);
      }
    }
    lawRows.add(row);
    return lawRows.size() - 1;
  }

  private String className(String template, Node node) {
    String name =
        GrammarParser.PLACEHOLDER.matcher(template).replaceAll(m -> node.value(m.group(1)));
    if (!grammar.classes().containsKey(name)) {
      throw error(
          node.state().line(),
          "unknown word class '"
              + name
              + "', allowed: "
              + String.join(", ", grammar.classes().keySet()));
    }
    return name;
  }

  private static <T> List<T> append(List<T> list, T item) {
    List<T> longer = new ArrayList<>(list);
    longer.add(item);
    return longer;
  }

  private IllegalArgumentException error(int line, String message) {
    return Grammar.error(grammar.source(), line, message);
  }
}
