package org.esolm.jupyter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
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

/** One JShell and what its cells have defined so far. */
final class CellSession implements AutoCloseable {
  private final CellControl control = new CellControl();
  private final CellErrors errors = new CellErrors();
  private final List<DeclarationSnippet> declared = new ArrayList<>();
  private final JShell shell;
  private volatile boolean interrupted;

  CellSession() {
    var builder = JShell.builder().executionEngine(control.provider(), null);
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
      builder.compilerOptions("--add-modules", "jdk.incubator.vector");
    }
    shell = builder.build();
    // The control's stop flag exists only once something has run: an interrupt relies on it.
    shell.eval("System.nanoTime()").forEach(e -> shell.drop(e.snippet()));
  }

  CodeHelp help() {
    return new CodeHelp(shell.sourceCodeAnalysis());
  }

  /**
   * Evaluates a cell snippet by snippet and stops at the first that fails.
   *
   * @return the value of a trailing expression, {@code null} where there is none
   */
  Object run(String cell, int number) throws CellException {
    interrupted = false;
    declared.clear();
    Optional<VarSnippet> last = Optional.empty();
    for (String rest = cell.stripLeading(); !rest.isBlank(); ) {
      CompletionInfo info = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      if (info.completeness() == Completeness.EMPTY) {
        break;
      }
      int offset = cell.length() - rest.length();
      int firstLine = 1 + (int) cell.substring(0, offset).chars().filter(c -> c == '\n').count();
      // Code that is not complete has no end: the compiler says what is missing.
      boolean ended = info.source() != null;
      last = evaluate(ended ? info.source() : rest, number, firstLine);
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
    interrupted = true;
    shell.stop();
  }

  @Override
  public void close() {
    shell.close();
  }

  private Optional<VarSnippet> evaluate(String source, int cell, int firstLine)
      throws CellException {
    Optional<VarSnippet> value = Optional.empty();
    for (SnippetEvent event : shell.eval(source)) {
      if (event.causeSnippet() != null) {
        continue;
      }
      Snippet snippet = event.snippet();
      errors.locate(snippet, cell, firstLine);
      if (event.status() == Status.REJECTED) {
        List<Diag> wrong = shell.diagnostics(snippet).filter(Diag::isError).toList();
        throw errors.compilation(source, wrong, cell, firstLine);
      }
      if (interrupted) {
        throw CellException.interrupted();
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
