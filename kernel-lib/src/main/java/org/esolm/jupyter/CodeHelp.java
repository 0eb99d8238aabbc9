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
  private final List<String> magics;
  private final CellPieces pieces;

  CodeHelp(SourceCodeAnalysis analysis, List<String> magics) {
    this.analysis = analysis;
    this.magics = magics;
    pieces = new CellPieces(analysis, magics);
  }

  Completions complete(String text, int cursor) {
    int line = text.lastIndexOf('\n', cursor - 1) + 1;
    String begun = text.substring(line, cursor);
    if (begun.matches("%%?\\w*")) {
      String name = begun.replace("%", "");
      return new Completions(
          magics.stream().filter(m -> m.startsWith(name)).toList(), cursor - name.length());
    }
    String cell = pieces.java(text);
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

  Optional<String> document(String text, int cursor) {
    LibrarySources.attach();
    String cell = pieces.java(text);
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
                    d.javadoc() == null
                        ? signature(d.signature())
                        : signature(d.signature()) + "\n" + plain(d.javadoc()))
            .distinct()
            .collect(Collectors.joining("\n\n"));
    return Optional.of(text).filter(t -> !t.isBlank());
  }

  /** JShell repeats all components of a record in front of its methods. */
  private static String signature(String signature) {
    return signature.replaceAll("\\([^()]*\\)\\.", ".").replaceAll("\\bjava\\.(lang|util)\\.", "");
  }

  /** Javadoc as it reads in a box of plain text. */
  private static String plain(String javadoc) {
    return javadoc
        .replaceAll("\\{@link(?:plain)?\\s+\\S+\\s+([^}]+)}", "$1")
        .replaceAll("\\{@\\w+\\s+#?([^}]*)}", "$1")
        .replaceAll("</?\\w+[^>]*>", "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .replaceAll("(?m)^ ?@(param|return|throws)\\b", "  $1")
        .strip();
  }

  Completeness completeness(String text) {
    String rest = pieces.java(text);
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
