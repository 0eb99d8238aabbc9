package org.esolm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.esolm.data.Estimate;
import org.esolm.metric.ResultRow;
import org.esolm.plot.LossCurves.Curve;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class FigureTest {
  @TempDir Path folder;

  @Test
  void paretoPlotIsAnImageAndAnSvgDocument() throws Exception {
    Figure figure = pareto();
    Path png = folder.resolve("figures/pareto.png");
    Path svg = folder.resolve("figures/pareto.svg");
    figure.toPng(png);
    figure.toSvg(svg);

    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getWidth()).isEqualTo(900);
    assertThat(image.getHeight()).isEqualTo(600);
    assertThat(colours(image))
        .as("one colour a system")
        .contains(0x000000, 0x0072B2, 0xD55E00, 0x009E73);

    String text = Files.readString(svg);
    assertThat(text.substring(0, 4)).isEqualTo("<svg");
    Document document = parse(text);
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(texts(document))
        .as("labels of points; XChart's own texts are drawn as outlines")
        .contains("1/16", "0.5/64", "64")
        .hasSizeGreaterThan(28);
    assertThat(strokes(document)).as("the front").contains("rgb(184,184,184)");
  }

  @Test
  void lossCurvesShowEveryRunAndTheTruth() throws Exception {
    Figure figure = losses();
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(figure.png()));
    assertThat(colours(image)).contains(0x000000, 0x0072B2, 0xD55E00, 0x009E73);
    Document document = parse(figure.svg());
    assertThat(strokes(document)).as("the true law").contains("rgb(51,51,51)");
    assertThat(document.getElementsByTagName("path").getLength()).isGreaterThan(10);
  }

  @Test
  void boundCurvesShowEverySystemAndTheTruth() throws Exception {
    double[] k = {1, 10, 100};
    Figure figure =
        BoundCurves.of(
            "Bounds",
            List.of(
                new BoundCurves.Curve("mdlm", k, new double[] {12, 11, 10}, new double[3]),
                new BoundCurves.Curve(
                    "eso", k, new double[] {13, 12, 11.5}, new double[] {0, 0.2, 0.3})),
            OptionalDouble.of(8.8));
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(figure.png()));
    assertThat(colours(image)).contains(0x0072B2, 0xD55E00);
    assertThat(strokes(parse(figure.svg()))).as("the true law").contains("rgb(51,51,51)");
    assertThatThrownBy(() -> new BoundCurves.Curve("x", k, new double[2], new double[3]))
        .hasMessage(
            "curve x: 3 orders, 2 perplexities and 3 errors, as many of each and at least 1 are needed");
    assertThatThrownBy(() -> BoundCurves.of("x", List.of(), OptionalDouble.empty()))
        .hasMessage("curves: none, at least 1 is needed");
  }

  @Test
  void rowsWithoutTheNumbersAreLeftOutAndNoneIsAnError() throws Exception {
    ResultRow bare = row("ar", null, null, null, null, null);
    assertThatThrownBy(
            () ->
                ParetoPlot.of(
                    "x", List.of(bare), Axis.NFE, Axis.SAMPLE_PERPLEXITY, OptionalDouble.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none of 1 has both function evaluations");
    ResultRow one = row("ar", null, null, 9.0, 1.0, 64.0);
    Figure figure =
        ParetoPlot.of(
            "One point",
            List.of(bare, one),
            Axis.NFE,
            Axis.SAMPLE_PERPLEXITY,
            OptionalDouble.empty());
    assertThat(texts(parse(figure.svg()))).as("nothing tells it apart").isEmpty();
  }

  @Test
  void unknownSystemsAreToldApart() {
    var names =
        new java.util.LinkedHashSet<>(List.of("eso", "bd3lm-4", "bd3lm-16", "oracle", "MDLM"));
    var styles = Palette.of(names);
    assertThat(styles.values()).doesNotHaveDuplicates();
    assertThat(styles.get("MDLM").color()).isEqualTo(new Color(0xD55E00));
  }

  static Figure pareto() {
    List<ResultRow> rows = new ArrayList<>();
    for (int steps : new int[] {4, 8, 16, 32, 64, 128}) {
      double s = Math.sqrt(steps);
      rows.add(row("mdlm", null, steps, 6.3 + 32 / s, 0.12 * steps, (double) steps));
      rows.add(row("bd3lm", null, steps / 4 + 1, 6.3 + 20 / s, 0.4 + 0.03 * steps, 16.0 + steps));
      for (double alpha0 : new double[] {0.125, 0.25, 0.5, 1}) {
        double nfe = 128 * (1 - alpha0) + alpha0 * steps;
        rows.add(row("eso", alpha0, steps, 6.4 + 0.7 * alpha0 + alpha0 * 22 / s, 0.009 * nfe, nfe));
      }
    }
    rows.add(row("ar", null, null, 6.35, 0.9, 128.0));
    return ParetoPlot.of(
        "Sample quality against time, toy language",
        rows,
        Axis.SECONDS,
        Axis.SAMPLE_PERPLEXITY,
        OptionalDouble.of(6.2));
  }

  static Figure losses() {
    var random = new java.util.Random(1);
    List<Curve> curves = new ArrayList<>();
    for (String name : List.of("ar", "eso", "mdlm", "bd3lm")) {
      double[] step = new double[2000];
      double[] loss = new double[2000];
      double end = 1.9 + 0.1 * curves.size();
      for (int i = 0; i < step.length; i++) {
        step[i] = i + 1;
        loss[i] = end + 2.2 * Math.exp(-i / 200.0) + 0.05 * random.nextGaussian();
      }
      curves.add(new Curve(name, step, loss));
    }
    return LossCurves.of("Training loss, toy language", curves, OptionalDouble.of(1.82));
  }

  private static ResultRow row(
      String system, Double alpha0, Integer steps, Double quality, Double seconds, Double nfe) {
    Estimate perplexity = quality == null ? null : new Estimate(quality, 0.02 * quality, 64);
    return new ResultRow(
        system, alpha0, null, null, perplexity, null, nfe, seconds, 64, steps, Map.of());
  }

  private static Set<Integer> colours(BufferedImage image) {
    Set<Integer> colours = new TreeSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xFFFFFF);
      }
    }
    return colours;
  }

  private static List<String> texts(Document document) {
    List<String> texts = new ArrayList<>();
    NodeList nodes = document.getElementsByTagName("text");
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent().strip());
    }
    return texts;
  }

  /** The colours of all lines. */
  private static Set<String> strokes(Document document) {
    Set<String> strokes = new TreeSet<>();
    for (String tag : List.of("line", "path", "polyline")) {
      NodeList nodes = document.getElementsByTagName(tag);
      for (int i = 0; i < nodes.getLength(); i++) {
        String style = nodes.item(i).getAttributes().getNamedItem("style").getNodeValue();
        strokes.add(style.replaceAll(".*stroke:([^;]*);.*", "$1"));
      }
    }
    return strokes;
  }

  private static Document parse(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  /** Draws the two figures into a folder, to look at them. */
  static void main(String[] args) throws IOException {
    pareto().toPng(Path.of(args[0], "pareto.png"));
    losses().toPng(Path.of(args[0], "losses.png"));
  }
}
