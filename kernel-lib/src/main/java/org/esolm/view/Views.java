package org.esolm.view;

import java.util.List;
import java.util.Map;
import org.esolm.model.AttentionPattern;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.notebook.HtmlTable;
import org.esolm.plot.MatrixPlot;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How values look that are not {@link Displayable} themselves. The project's own kernel asks this
 * of the last expression of a cell; under another kernel {@code Views.of(value).show()} does.
 */
public final class Views {
  /** The types that look like more than their {@code toString}. */
  public static final List<Class<?>> RENDERED =
      List.of(INDArray.class, AttentionPattern.class, List.class);

  private static final int MAX_ROWS = 100;

  private Views() {}

  /**
   * The look of any value.
   *
   * @param value anything
   * @return a table for a list of records or maps, a picture for an array or an attention pattern,
   *     what a {@code Displayable} says of itself, else the value's text
   */
  public static Display of(Object value) {
    return switch (value) {
      case Displayable own -> own.toDisplay();
      case INDArray array -> ArrayView.of(array);
      case AttentionPattern pattern -> of(pattern);
      case List<?> rows when isTable(rows) -> table(rows);
      case null -> Display.text("null");
      default -> Display.text(value.toString());
    };
  }

  private static Display of(AttentionPattern pattern) {
    return MatrixPlot.attention(pattern.toString(), pattern, MatrixPlot.usualRows(pattern))
        .toDisplay();
  }

  private static boolean isTable(List<?> rows) {
    return !rows.isEmpty()
        && rows.stream()
            .allMatch(
                r -> (r instanceof Record && !(r instanceof Displayable)) || r instanceof Map);
  }

  private static Display table(List<?> rows) {
    HtmlTable table = HtmlTable.of(rows.subList(0, Math.min(rows.size(), MAX_ROWS)));
    return (rows.size() > MAX_ROWS
            ? table.withCaption("the first %d of %d".formatted(MAX_ROWS, rows.size()))
            : table)
        .toDisplay();
  }
}
