package org.esolm.jupyter;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.VarSnippet;
import org.esolm.jupyter.CellErrors.Origin;

/** One JShell and what its cells have defined so far. */
final class CellSession implements AutoCloseable {
  private final CellControl control;
  private final CellErrors errors = new CellErrors();
  private final List<DeclarationSnippet> declared = new ArrayList<>();
  private final JShell shell;

  CellSession(Headroom headroom) {
    control = new CellControl(headroom);
    var builder = JShell.builder().executionEngine(control.provider(), null);
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
      builder.compilerOptions("--add-modules", "jdk.incubator.vector");
    }
    shell = builder.build();
    // The control's stop flag exists only once something has run: an interrupt relies on it.
    shell.eval("System.nanoTime()").forEach(e -> shell.drop(e.snippet()));
  }

  /** Help with cells in which lines that begin with these names are magics. */
  CodeHelp help(List<String> magics) {
    return new CodeHelp(shell.sourceCodeAnalysis(), magics);
  }

  List<CellPieces.Piece> pieces(String cell, List<String> magics) {
    return new CellPieces(shell.sourceCodeAnalysis(), magics).of(cell);
  }

  /** Forgets an interrupt of the cell before. */
  void begin() {
    control.begin();
  }

  /** What the following cells see in addition; a folder of classes or a jar. */
  void addToClassPath(Path entry) {
    shell.addToClasspath(entry.toString());
  }

  /**
   * Evaluates code snippet by snippet and stops at the first that fails.
   *
   * @return the value of a trailing expression, {@code null} where there is none
   */
  Object run(String code, Origin origin) throws CellException {
    declared.clear();
    Optional<VarSnippet> last = Optional.empty();
    for (String rest = code.stripLeading(); !rest.isBlank(); ) {
      CompletionInfo info = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      if (info.completeness() == Completeness.EMPTY) {
        break;
      }
      String before = code.substring(0, code.length() - rest.length());
      int lines = (int) before.chars().filter(c -> c == '\n').count();
      // Code that is not complete has no end: the compiler says what is missing.
      boolean ended = info.source() != null;
      last = evaluate(ended ? info.source() : rest, origin.skip(lines));
      rest = ended ? info.remaining().stripLeading() : "";
    }
    declared.forEach(this::warnIfUnusable);
    if (last.isEmpty()) {
      return null;
    }
    shell.varValue(last.get());
    return control.value();
  }

  void interrupt() {
    control.interrupt();
  }

  /** Ends a cell that has filled the memory and will not end of itself. */
  void exhaust() {
    control.exhaust();
  }

  boolean interrupted() {
    return control.interrupted();
  }

  @Override
  public void close() {
    shell.close();
  }

  private Optional<VarSnippet> evaluate(String source, Origin origin) throws CellException {
    Optional<VarSnippet> value = Optional.empty();
    for (SnippetEvent event : shell.eval(source)) {
      if (event.causeSnippet() != null) {
        continue;
      }
      Snippet snippet = event.snippet();
      errors.locate(snippet, origin);
      if (event.status() == Status.REJECTED) {
        List<Diag> wrong = shell.diagnostics(snippet).filter(Diag::isError).toList();
        throw errors.compilation(source, wrong, origin);
      }
      if (control.exhausted() && !CellErrors.isOutOfMemory(event.exception())) {
        throw CellException.of("OutOfMemoryError: no memory can be freed. " + CellException.FULL);
      }
      if (interrupted()) {
        throw event.exception() instanceof EvalException e
                && e.getExceptionClassName().equals(CancellationException.class.getName())
                && e.getMessage() != null
            ? CellException.interrupted(e.getMessage())
            : CellException.interrupted();
      }
      if (event.exception() != null) {
        throw errors.evaluation(event.exception(), unresolved(event.exception()));
      }
      if (snippet instanceof DeclarationSnippet declaration) {
        declared.add(declaration);
      }
      value = variable(snippet);
    }
    return value;
  }

  /** A declaration may come before what it needs, but not without it. */
  private void warnIfUnusable(DeclarationSnippet snippet) {
    Status status = shell.status(snippet);
    if (status == Status.RECOVERABLE_DEFINED || status == Status.RECOVERABLE_NOT_DEFINED) {
      String missing = shell.unresolvedDependencies(snippet).collect(Collectors.joining(", "));
      System.err.printf("%s cannot be used until there is %s%n", snippet.name(), missing);
    }
  }

  private List<String> unresolved(JShellException exception) {
    for (Throwable e = exception; e != null; e = e.getCause()) {
      if (e instanceof UnresolvedReferenceException reference) {
        DeclarationSnippet snippet = reference.getSnippet();
        return shell.unresolvedDependencies(snippet).toList();
      }
    }
    return List.of();
  }

  /** Where JShell keeps the value of an expression. */
  private Optional<VarSnippet> variable(Snippet snippet) {
    return switch (snippet) {
      case VarSnippet v when v.subKind() == SubKind.TEMP_VAR_EXPRESSION_SUBKIND -> Optional.of(v);
      case ExpressionSnippet e ->
          shell.variables().filter(v -> v.name().equals(e.name())).findFirst();
      default -> Optional.empty();
    };
  }
}
