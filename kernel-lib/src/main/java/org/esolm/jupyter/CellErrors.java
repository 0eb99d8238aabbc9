package org.esolm.jupyter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.UnresolvedReferenceException;

/** Turns JShell's diagnostics and exceptions into reports that speak of cells and their lines. */
final class CellErrors {
  private static final int MAX_FRAMES = 25;

  /**
   * Where a piece of code stands.
   *
   * @param source the cell or file
   * @param firstLine the number of its first line there
   */
  record Origin(String source, int firstLine) {
    static Origin cell(int number) {
      return new Origin("In [%d]".formatted(number), 1);
    }

    /** That of a part of the code, which begins some lines further down. */
    Origin skip(int lines) {
      return new Origin(source, firstLine + lines);
    }

    String place(int line) {
      return "%s, line %d".formatted(source, firstLine + line - 1);
    }
  }

  private final Map<String, Origin> origins = new HashMap<>();

  /** Remembers where a snippet stands. */
  void locate(Snippet snippet, Origin origin) {
    origins.put(snippet.id(), origin);
  }

  CellException compilation(String source, List<Diag> diagnostics, Origin origin) {
    List<String> report = new ArrayList<>();
    for (Diag diag : diagnostics) {
      String[] message = diag.getMessage(Locale.ROOT).split("\\R");
      int start = clamp(diag.getStartPosition(), source);
      int lineStart = source.lastIndexOf('\n', start - 1) + 1;
      int lineEnd = source.indexOf('\n', start) < 0 ? source.length() : source.indexOf('\n', start);
      int end = Math.max(start + 1, Math.min(clamp(diag.getEndPosition(), source), lineEnd));
      int line = 1 + (int) source.substring(0, start).chars().filter(c -> c == '\n').count();
      report.add(origin.place(line) + ": " + message[0]);
      report.add("    " + source.substring(lineStart, lineEnd));
      report.add("    " + " ".repeat(start - lineStart) + "^".repeat(end - start));
      for (int i = 1; i < message.length; i++) {
        if (!message[i].strip().equals("location: class")) { // JShell's own wrapper has no name
          report.add(message[i]);
        }
      }
    }
    return new CellException("Compilation error: " + report.getFirst(), report);
  }

  CellException evaluation(JShellException exception, List<String> unresolved) {
    List<String> report = new ArrayList<>();
    String summary = headline(exception, unresolved) + place(exception.getStackTrace());
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
    if (isOutOfMemory(exception)) {
      report.add(CellException.FULL);
    }
    return new CellException(summary, report);
  }

  static boolean isOutOfMemory(JShellException exception) {
    return exception instanceof EvalException e
        && e.getExceptionClassName().equals(OutOfMemoryError.class.getName());
  }

  /** The innermost line of a cell, for a summary of one line. */
  private String place(StackTraceElement[] frames) {
    return Stream.of(frames)
        .flatMap(f -> origin(f).map(o -> " (" + o.place(f.getLineNumber()) + ")").stream())
        .findFirst()
        .orElse("");
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
    String name = (frame.getClassName() + "." + frame.getMethodName()).replaceAll("^\\.|\\.$", "");
    return origin(frame)
        .map(o -> o.place(frame.getLineNumber()) + (name.isEmpty() ? "" : ", " + name))
        .orElse(frame.toString());
  }

  private Optional<Origin> origin(StackTraceElement frame) {
    return Optional.ofNullable(frame.getFileName())
        .filter(f -> f.startsWith("#"))
        .map(f -> origins.get(f.substring(1)));
  }

  private static int clamp(long position, String source) {
    return Math.clamp(position, 0, source.length());
  }
}
