package org.esolm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.OptionalDouble;
import org.esolm.data.Estimate;
import org.esolm.model.AttentionPattern;
import org.junit.jupiter.api.Test;

class MatrixPlotTest {
  @Test
  void aPatternIsDrawnCellByCell() {
    boolean[][] seen = MatrixPlot.seen(new AttentionPattern.Sequential(2, 1), 5);
    assertThat(seen)
        .isDeepEqualTo(
            new boolean[][] {
              {true, false, true, false, false},
              {false, true, true, true, false},
              {false, false, true, false, false},
              {false, false, true, true, false},
              {false, false, true, true, true}
            });
    BufferedImage image =
        MatrixPlot.attention("x", new AttentionPattern.Causal(), List.of("A", "M", "M")).image();
    int blue = 0x0072B2;
    assertThat(share(image, blue)).as("6 of 9 cells are seen").isBetween(0.3, 0.6);
    // The first query is on top: its last key is not seen, the last query's first is.
    int left = first(image, blue);
    assertThat(image.getRGB(left + 20, image.getHeight() / 6) & 0xFFFFFF).isEqualTo(blue);
    assertThat(image.getRGB(image.getWidth() - 30, image.getHeight() / 6) & 0xFFFFFF)
        .isEqualTo(0xF4F4F4);
  }

  @Test
  void aMatrixOfEqualNumbersHasAScaleToo() {
    assertThat(MatrixPlot.of("", new double[][] {{2, 2}}).image().getWidth()).isEqualTo(560);
  }

  @Test
  void linesHaveTheirSystemsColoursAndErrors() {
    double[] x = {64, 128};
    Figure figure =
        LinePlot.of(
            "Latency",
            "L",
            "s",
            List.of(
                LinePlot.Series.of("ar", x, new double[] {1, 2}),
                LinePlot.Series.measured(
                    "mdlm", x, List.of(new Estimate(3, 0.5, 9), new Estimate(9, 1, 9)))),
            OptionalDouble.of(1.5));
    assertThat(share(figure.image(), 0xD55E00)).isPositive();
    assertThat(figure.toDisplay().data().get("text/html"))
        .startsWith("<img alt=\"Latency\" src=\"data:image/svg+xml;base64,");
    assertThatThrownBy(() -> LinePlot.Series.of("ar", x, new double[] {1}))
        .hasMessage("series ar: 2 of x and 1 of y, as many of both and at least 1 are needed");
    assertThatThrownBy(() -> LinePlot.of("", "", "", List.of()))
        .hasMessage("series: none, at least 1 is needed");
  }

  private static double share(BufferedImage image, int colour) {
    int n = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        n += (image.getRGB(x, y) & 0xFFFFFF) == colour ? 1 : 0;
      }
    }
    return (double) n / (image.getWidth() * image.getHeight());
  }

  private static int first(BufferedImage image, int colour) {
    for (int x = 0; x < image.getWidth(); x++) {
      if ((image.getRGB(x, image.getHeight() / 6) & 0xFFFFFF) == colour) {
        return x;
      }
    }
    throw new AssertionError("no such colour");
  }
}
