package org.esolm.experiments.jupyter;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.UnaryTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.StringJoiner;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * The variables that a parameters cell declares.
 *
 * @param types name to type, as written; that of a {@code var} is read off its initial value
 */
record NotebookParameters(SequencedMap<String, String> types) {
  static final NotebookParameters NONE =
      new NotebookParameters(Collections.unmodifiableSequencedMap(new LinkedHashMap<>()));

  /** Reads the declarations of a cell without running it. */
  static NotebookParameters parse(String cell) {
    SequencedMap<String, String> types = new LinkedHashMap<>();
    var scanner =
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitVariable(VariableTree variable, Void unused) {
            boolean inferred = variable.getType() == null;
            types.put(
                variable.getName().toString(),
                inferred ? type(variable.getInitializer()) : variable.getType().toString());
            return null;
          }
        };
    scanner.scan(compilationUnit("class Cell { void run() {\n" + cell + "\n} }"), null);
    return new NotebookParameters(Collections.unmodifiableSequencedMap(types));
  }

  /**
   * Java code that sets parameters.
   *
   * @param values name to value, as text
   * @throws IllegalArgumentException if there is no such parameter or it cannot have this value
   */
  String assignments(Map<String, String> values) {
    StringJoiner lines = new StringJoiner("\n", "// Parameters\n", "");
    values.forEach(
        (name, value) -> {
          String type = types.get(name);
          if (type == null) {
            throw new IllegalArgumentException(
                "-p %s: no such parameter, allowed: %s"
                    .formatted(
                        name,
                        types.isEmpty() ? "none" : String.join(", ", types.sequencedKeySet())));
          }
          lines.add(name + " = " + JavaLiteral.of("-p " + name, type, value) + ";");
        });
    return lines.toString();
  }

  /** What {@code var} stands for, as far as its initial value tells by itself. */
  private static String type(ExpressionTree value) {
    return switch (value) {
      case LiteralTree literal -> literalType(literal.getValue());
      case UnaryTree unary -> type(unary.getExpression());
      case MethodInvocationTree call when isListOf(call) ->
          "List<%s>".formatted(JavaLiteral.boxed(type(call.getArguments().getFirst())));
      case MethodInvocationTree call when call.getMethodSelect().toString().equals("Path.of") ->
          "Path";
      case null, default -> "var";
    };
  }

  private static boolean isListOf(MethodInvocationTree call) {
    return call.getMethodSelect().toString().equals("List.of") && !call.getArguments().isEmpty();
  }

  private static String literalType(Object value) {
    return switch (value) {
      case Integer _ -> "int";
      case Long _ -> "long";
      case Double _ -> "double";
      case Float _ -> "float";
      case Boolean _ -> "boolean";
      case Character _ -> "char";
      case String _ -> "String";
      case null, default -> "var";
    };
  }

  private static Iterable<? extends CompilationUnitTree> compilationUnit(String source) {
    var file =
        new SimpleJavaFileObject(URI.create("string:///Cell.java"), Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    var compiler = ToolProvider.getSystemJavaCompiler();
    // What cannot be parsed declares nothing; running the notebook says what is wrong with it.
    var task = compiler.getTask(null, null, _ -> {}, null, null, List.of(file));
    try {
      return ((JavacTask) task).parse();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
