package org.esolm.notebook;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table that reads well in HTML and as text: numbers are right-aligned, with the same number of
 * decimals down a column.
 *
 * @param caption shown above; empty for none
 * @param columns the names, from left to right
 * @param rows the formatted cells, one list a row, as long as {@code columns}
 * @param numeric which columns hold numbers only
 */
public record HtmlTable(
    String caption, List<String> columns, List<List<String>> rows, List<Boolean> numeric)
    implements Displayable {

  /** Copies the lists. */
  public HtmlTable {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    numeric = List.copyOf(numeric);
  }

  /**
   * A table of records or maps. Its columns are the components or keys, in the order in which they
   * are first met; what a row lacks stays empty.
   *
   * @param rows records and {@code Map}s
   * @return the table
   * @throws IllegalArgumentException if a row is neither a record nor a map
   */
  public static HtmlTable of(Collection<?> rows) {
    List<Map<String, Object>> values = rows.stream().map(HtmlTable::values).toList();
    List<String> columns = values.stream().flatMap(r -> r.keySet().stream()).distinct().toList();
    List<ColumnFormat> formats =
        columns.stream()
            .map(c -> ColumnFormat.of(values.stream().map(r -> r.get(c)).toList()))
            .toList();
    List<List<String>> cells =
        values.stream()
            .map(
                row ->
                    IntStream.range(0, columns.size())
                        .mapToObj(i -> formats.get(i).format(row.get(columns.get(i))))
                        .toList())
            .toList();
    return new HtmlTable("", columns, cells, formats.stream().map(ColumnFormat::numeric).toList());
  }

  /**
   * The same table with a caption.
   *
   * @param text the caption
   * @return a copy
   */
  public HtmlTable withCaption(String text) {
    return new HtmlTable(text, columns, rows, numeric);
  }

  @Override
  public Display toDisplay() {
    return Display.html(toHtml(), toString());
  }

  /**
   * The table as HTML.
   *
   * @return a {@code table} element
   */
  public String toHtml() {
    StringBuilder html = new StringBuilder("<table>");
    if (!caption.isEmpty()) {
      html.append("<caption>").append(Display.escape(caption)).append("</caption>");
    }
    html.append("\n<thead><tr>").append(htmlRow("th", columns)).append("</tr></thead>\n<tbody>\n");
    rows.forEach(row -> html.append("<tr>").append(htmlRow("td", row)).append("</tr>\n"));
    return html.append("</tbody>\n</table>").toString();
  }

  /** The table as text, one line a row. */
  @Override
  public String toString() {
    int[] widths =
        IntStream.range(0, columns.size())
            .map(
                i ->
                    Math.max(
                        columns.get(i).length(),
                        rows.stream().mapToInt(r -> r.get(i).length()).max().orElse(0)))
            .toArray();
    List<String> lines = new ArrayList<>();
    if (!caption.isEmpty()) {
      lines.add(caption);
    }
    lines.add(textRow(columns, widths));
    lines.add(IntStream.of(widths).mapToObj("-"::repeat).collect(Collectors.joining("  ")));
    rows.forEach(row -> lines.add(textRow(row, widths)));
    return String.join("\n", lines);
  }

  private String htmlRow(String tag, List<String> cells) {
    return IntStream.range(0, cells.size())
        .mapToObj(
            i -> {
              String align = numeric.get(i) ? "right" : "left";
              String text = Display.escape(cells.get(i));
              return "<%s style=\"text-align:%s\">%s</%s>".formatted(tag, align, text, tag);
            })
        .collect(Collectors.joining());
  }

  private String textRow(List<String> cells, int[] widths) {
    return IntStream.range(0, widths.length)
        .mapToObj(
            i -> {
              String padding = " ".repeat(widths[i] - cells.get(i).length());
              return numeric.get(i) ? padding + cells.get(i) : cells.get(i) + padding;
            })
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }

  private static Map<String, Object> values(Object row) {
    Map<String, Object> values = new LinkedHashMap<>();
    switch (row) {
      case Record r -> {
        for (RecordComponent component : r.getClass().getRecordComponents()) {
          values.put(component.getName(), component(r, component));
        }
      }
      case Map<?, ?> map -> map.forEach((k, v) -> values.put(String.valueOf(k), v));
      case null, default ->
          throw new IllegalArgumentException("rows: a row is a record or a map, got " + row);
    }
    return values;
  }

  private static Object component(Record row, RecordComponent component) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true); // records of a cell or a method are not public
      return accessor.invoke(row);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "rows: cannot read %s of %s".formatted(component.getName(), row), e);
    }
  }
}
