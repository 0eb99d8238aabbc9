package org.esolm.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.esolm.data.WordTokenizer;
import org.esolm.model.AttentionPattern;
import org.esolm.notebook.Display;
import org.esolm.sampler.Samples;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class ViewsTest {
  private record Row(String name, double value) {}

  private static String html(Object value) {
    return Views.of(value).data().get("text/html");
  }

  @Test
  void aListOfRecordsIsATableAndAnyOtherItsText() {
    assertThat(html(List.of(new Row("a<b", 1.5), new Row("c", 2))))
        .startsWith("<table>")
        .contains("a&lt;b", ">2.00<");
    assertThat(Views.of(List.of(new Row("a<b", 1.5))).toString()).contains("a<b");
    assertThat(html(List.of(Map.of("k", "<i>")))).contains("&lt;i&gt;");
    assertThat(Views.of(List.of(1, 2)).data()).containsOnly(Map.entry("text/plain", "[1, 2]"));
    assertThat(Views.of(List.of())).hasToString("[]");
  }

  @Test
  void aLongTableShowsItsBeginning() {
    var rows = IntStream.range(0, 250).mapToObj(i -> new Row("r" + i, i)).toList();
    assertThat(html(rows)).contains("the first 100 of 250", ">r99<").doesNotContain(">r100<");
  }

  @Test
  void anArraySaysItsShapeAndRangeAndIsDrawn() {
    Display display = Views.of(Nd4j.linspace(0, 5, 6).reshape(2, 3));
    assertThat(display.data().get("text/html"))
        .contains("[2 x 3]", "min 0", "max 5", "<img alt=", "data:image/png;base64,");
    assertThat(display.toString()).contains("[2 x 3]", "mean 2.5");
    assertThat(html(Nd4j.zeros(3, 100, 100))).contains("its first 64 x 64", "min 0");
  }

  @Test
  void anAttentionPatternIsAPictureAndOtherValuesTheirText() {
    assertThat(html(new AttentionPattern.BlockDiffusion(8, 4)))
        .contains("alt=\"BlockDiffusion[length=8, blockSize=4]\"", "data:image/png;base64,");
    assertThat(Views.of(null)).hasToString("null");
    assertThat(Views.of(42)).hasToString("42");
    Display own = Display.text("own");
    assertThat(Views.of(own)).isSameAs(own);
  }

  @Test
  void aSampleShowsTheOrderOfItsTokens() {
    var tokenizer = new WordTokenizer(List.of("<unk>", "a", "<b>"));
    var samples = new Samples(new int[][] {{1, 2, 1}}, 2, 2, 0.5, new int[][] {{1, 0, -1}});
    SampleView view = new SampleView(samples, tokenizer);
    String html = view.toDisplay().data().get("text/html");
    assertThat(view.texts()).containsExactly("a <b> a");
    assertThat(html)
        .contains("1 text, 2.0 function evaluations", "&lt;b&gt;")
        .doesNotContain("<b>")
        .contains("title=\"step 2\" style=\"background:#6baee8\">a<")
        .contains("title=\"step 1\" style=\"background:#fff7bc\"> &lt;b&gt;<")
        .contains("<u title=\"given\"> a</u>");
    assertThat(view.toString()).contains("a <b> a");
    var unordered = new Samples(new int[][] {{2}}, 1, 1, 0.5, null);
    assertThat(new SampleView(unordered, tokenizer).toDisplay().data().get("text/html"))
        .contains("&lt;b&gt;")
        .doesNotContain("first");
  }
}
