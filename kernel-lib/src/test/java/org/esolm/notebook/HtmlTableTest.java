package org.esolm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HtmlTableTest {
  private record Row(String model, int steps, double perplexity, Double entropy) {}

  private final HtmlTable table =
      HtmlTable.of(
          List.of(
              new Row("AR", 1000, 21.637, 0.98765), new Row("Eso-LM <A>", 64, 104.5, Double.NaN)));

  @Test
  void text_is_aligned_with_the_same_decimals_down_a_column() {
    assertThat(table)
        .hasToString(
            """
            model       steps  perplexity  entropy
            ----------  -----  ----------  -------
            AR           1000       21.64   0.9877
            Eso-LM <A>     64      104.50      NaN""");
  }

  @Test
  void html_escapes_text_and_aligns_numbers() {
    assertThat(table.withCaption("A & B").toHtml())
        .contains("<caption>A &amp; B</caption>")
        .contains("<td style=\"text-align:left\">Eso-LM &lt;A&gt;</td>")
        .contains("<td style=\"text-align:right\">104.50</td>");
    assertThat(table.toDisplay().data()).containsOnlyKeys("text/html", "text/plain");
  }

  @Test
  void maps_may_lack_values_and_small_numbers_are_scientific() {
    var rows = List.of(Map.of("lr", 3e-4), Map.of("lr", 1e-4, "note", "x"));
    HtmlTable small = HtmlTable.of(rows);

    assertThat(small.columns()).containsExactly("lr", "note");
    assertThat(small.rows()).containsExactly(List.of("3.000e-04", ""), List.of("1.000e-04", "x"));
    assertThat(small.numeric()).containsExactly(true, false);
  }

  @Test
  void other_rows_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HtmlTable.of(Arrays.asList("text")))
        .withMessage("rows: a row is a record or a map, got text");
    assertThat(HtmlTable.of(List.of()).rows()).isEmpty();
  }
}
