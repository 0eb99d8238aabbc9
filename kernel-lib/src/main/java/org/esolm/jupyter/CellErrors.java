package org.esolm.jupyter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.UnresolvedReferenceException;

/** Turns JShell's diagnostics and exceptions into reports that speak of cells and their lines. */
final class CellErrors {
  private static final int MAX_FRAMES = 25;

  private record Origin(int cell, int firstLine) {}

  private final Map<String, Origin> origins = new HashMap<>();

  /** Remembers that a snippet's first line is the line {@code firstLine} of a cell. */
  void locate(Snippet snippet, int cell, int firstLine) {
    origins.put(snippet.id(), new Origin(cell, firstLine));
  }

  CellException compilation(String source, List<Diag> diagnostics, int cell, int firstLine) {
    List<String> report = new ArrayList<>();
    String summary = diagnostics.getFirst().getMessage(Locale.ROOT).lines().findFirst().orElse("");
    for (Diag diag : diagnostics) {
      String[] message = diag.getMessage(Locale.ROOT).split("\\R");
      int start = clamp(diag.getStartPosition(), source);
      int lineStart = source.lastIndexOf('\n', start - 1) + 1;
      int lineEnd = source.indexOf('\n', start) < 0 ? source.length() : source.indexOf('\n', start);
      int end = Math.max(start + 1, Math.min(clamp(diag.getEndPosition(), source), lineEnd));
      long line = firstLine + source.substring(0, start).chars().filter(c -> c == '\n').count();
      report.add("In [%d], line %d: %s".formatted(cell, line, message[0]));
      report.add("    " + source.substring(lineStart, lineEnd));
      report.add("    " + " ".repeat(start - lineStart) + "^".repeat(end - start));
      for (int i = 1; i < message.length; i++) {
        report.add(message[i]);
      }
    }
    return new CellException("Compilation error: " + summary, report);
  }

  CellException evaluation(JShellException exception, List<String> unresolved) {
    List<String> report = new ArrayList<>();
    String summary = headline(exception, unresolved);
    String prefix = "";
    for (Throwable e = exception; e != null; e = e.getCause()) {
      report.add(prefix + headline(e, unresolved));
      StackTraceElement[] frames = e.getStackTrace();
      for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
        report.add("    at " + frame(frames[i]));
      }
      if (frames.length > MAX_FRAMES) {
        report.add("    ... %d more".formatted(frames.length - MAX_FRAMES));
      }
      prefix = "Caused by: ";
    }
    return new CellException(summary, report);
  }

  private static String headline(Throwable exception, List<String> unresolved) {
    return switch (exception) {
      case EvalException e when e.getMessage() == null -> e.getExceptionClassName();
      case EvalException e -> e.getExceptionClassName() + ": " + e.getMessage();
      case UnresolvedReferenceException e ->
          "%s cannot be used: it needs %s"
              .formatted(e.getSnippet().name(), String.join(", ", unresolved));
      default -> exception.toString();
    };
  }

  private String frame(StackTraceElement frame) {
    String file = frame.getFileName();
    Origin origin = file == null || !file.startsWith("#") ? null : origins.get(file.substring(1));
    if (origin == null) {
      return frame.toString();
    }
    String name = (frame.getClassName() + "." + frame.getMethodName()).replaceAll("^\\.|\\.$", "");
    int line = origin.firstLine + frame.getLineNumber() - 1;
    return "In [%d], line %d%s".formatted(origin.cell, line, name.isEmpty() ? "" : ", " + name);
  }

  private static int clamp(long position, String source) {
    return Math.clamp(position, 0, source.length());
  }
}
