package org.esolm.jupyter;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.SourceCodeAnalysis.Suggestion;

/** What an editor asks about code that has not run: completions, documentation, completeness. */
final class CodeHelp {
  /** Replace {@code [start, cursor)} by one of the texts. */
  record Completions(List<String> texts, int start) {}

  enum Completeness {
    COMPLETE,
    INCOMPLETE,
    INVALID
  }

  private final SourceCodeAnalysis analysis;

  CodeHelp(SourceCodeAnalysis analysis) {
    this.analysis = analysis;
  }

  Completions complete(String cell, int cursor) {
    Completions whole = suggestions(cell, cursor, 0);
    // A cell that mixes imports, types and statements is no single compilation unit.
    return whole.texts.isEmpty() ? suggestions(cell, cursor, lastSnippet(cell, cursor)) : whole;
  }

  private Completions suggestions(String cell, int cursor, int from) {
    int[] anchor = {cursor - from};
    List<String> texts =
        analysis.completionSuggestions(cell.substring(from), cursor - from, anchor).stream()
            .map(Suggestion::continuation)
            .distinct()
            .toList();
    return new Completions(texts, from + anchor[0]);
  }

  Optional<String> document(String cell, int cursor) {
    int at = endOfName(cell, cursor);
    return documentation(cell, at, 0)
        .or(() -> documentation(cell, at, lastSnippet(cell, at)))
        .or(() -> documentation(cell.substring(0, at) + "(", at + 1, 0));
  }

  private Optional<String> documentation(String cell, int cursor, int from) {
    String text =
        analysis.documentation(cell.substring(from), cursor - from, true).stream()
            .map(
                d ->
                    d.javadoc() == null ? d.signature() : d.signature() + "\n" + plain(d.javadoc()))
            .distinct()
            .collect(Collectors.joining("\n\n"));
    return Optional.of(text).filter(t -> !t.isBlank());
  }

  private static String plain(String javadoc) {
    return javadoc.replaceAll("\\{@\\w+\\s+([^}]*)}", "$1").replaceAll("</?\\w+[^>]*>", "");
  }

  Completeness completeness(String cell) {
    String rest = cell;
    while (!rest.isBlank()) {
      CompletionInfo info = analysis.analyzeCompletion(rest);
      switch (info.completeness()) {
        case DEFINITELY_INCOMPLETE -> {
          return Completeness.INCOMPLETE;
        }
        case UNKNOWN -> {
          return Completeness.INVALID;
        }
        case EMPTY -> {
          return Completeness.COMPLETE;
        }
        default -> rest = info.remaining();
      }
    }
    return Completeness.COMPLETE;
  }

  private int lastSnippet(String cell, int cursor) {
    int start = 0;
    while (true) {
      CompletionInfo info = analysis.analyzeCompletion(cell.substring(start));
      String remaining = info.remaining();
      int next = remaining == null ? cursor : cell.length() - remaining.length();
      if (next >= cursor || next == start) {
        return start;
      }
      start = next;
    }
  }

  private static int endOfName(String cell, int cursor) {
    int end = cursor;
    while (end < cell.length() && Character.isJavaIdentifierPart(cell.charAt(end))) {
      end++;
    }
    return end;
  }
}
