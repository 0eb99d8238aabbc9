package org.esolm.jupyter;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;

/** Tells Java from the lines of a cell that begin with {@code %}. */
final class CellPieces {
  enum Kind {
    JAVA,
    LINE,
    CELL
  }

  /**
   * A piece of a cell.
   *
   * @param kind what it is
   * @param name of the magic; empty for Java
   * @param text Java, or what stands behind the name
   * @param line how many lines of the cell stand before the text
   */
  record Piece(Kind kind, String name, String text, int line) {}

  private static final Pattern MAGIC = Pattern.compile("\\s*(%%?)(\\w+)(.*)");

  private final SourceCodeAnalysis analysis;
  private final Collection<String> names;

  CellPieces(SourceCodeAnalysis analysis, Collection<String> names) {
    this.analysis = analysis;
    this.names = names;
  }

  List<Piece> of(String cell) {
    List<Piece> pieces = new ArrayList<>();
    String[] lines = cell.split("\\R", -1);
    StringBuilder java = new StringBuilder();
    int javaLine = 0;
    for (int i = 0; i < lines.length; i++) {
      Matcher magic = MAGIC.matcher(lines[i]);
      if (magic.matches() && beginsHere(java.toString(), magic.group(2))) {
        addJava(pieces, java, javaLine);
        if (magic.group(1).equals("%%")) {
          String body = magic.group(3).strip() + "\n" + join(lines, i + 1);
          pieces.add(new Piece(Kind.CELL, magic.group(2), body, i));
          return pieces;
        }
        pieces.add(new Piece(Kind.LINE, magic.group(2), magic.group(3), i));
        javaLine = i + 1;
      } else {
        java.append(lines[i]).append('\n');
      }
    }
    addJava(pieces, java, javaLine);
    return pieces;
  }

  /** The cell with spaces where its magics are, so that what is left is Java in its old places. */
  String java(String cell) {
    StringBuilder text = new StringBuilder();
    for (String line : cell.split("(?<=\n)")) {
      Matcher magic = MAGIC.matcher(line.stripTrailing());
      if (magic.matches() && beginsHere(text.toString(), magic.group(2))) {
        int end = magic.group(2).equals("time") ? magic.end(2) : line.stripTrailing().length();
        text.append(" ".repeat(end)).append(line.substring(end));
      } else {
        text.append(line);
      }
    }
    return text.toString();
  }

  /** A remainder may begin a line too, but only inside an expression that has not ended. */
  private boolean beginsHere(String before, String name) {
    String code = before.strip();
    if (code.isEmpty() || ";}".indexOf(code.charAt(code.length() - 1)) >= 0) {
      return !isOpen(code);
    }
    return names.contains(name) && !isOpen(code);
  }

  private boolean isOpen(String code) {
    for (String rest = code; !rest.isBlank(); ) {
      CompletionInfo info = analysis.analyzeCompletion(rest);
      if (info.completeness() == Completeness.DEFINITELY_INCOMPLETE) {
        return true;
      }
      if (info.remaining() == null || info.remaining().length() == rest.length()) {
        return false;
      }
      rest = info.remaining().stripLeading();
    }
    return false;
  }

  private static void addJava(List<Piece> pieces, StringBuilder java, int line) {
    if (!java.toString().isBlank()) {
      pieces.add(new Piece(Kind.JAVA, "", java.toString(), line));
    }
    java.setLength(0);
  }

  private static String join(String[] lines, int from) {
    return String.join("\n", List.of(lines).subList(from, lines.length));
  }
}
