package org.esolm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.XYChart;

/**
 * Texts beside the points of a chart, each at the first free place around its point: no text covers
 * a point or another text. A text that finds no place is left out, so the ones that matter come
 * first.
 */
final class PointLabels {
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
  private static final BasicStroke LEADER = new BasicStroke(0.8f);
  private static final int POINT = 5;
  private static final int[][] DIRECTIONS = {
    {1, -1}, {1, 1}, {-1, -1}, {-1, 1}, {1, 0}, {-1, 0}, {0, -1}, {0, 1}
  };
  private static final int[] DISTANCES = {7, 14, 26, 40};

  /** Texts of less weight stay this near: many lines to far texts hide the points. */
  private static final int NEAR = 2;

  private PointLabels() {}

  /**
   * A text and its point.
   *
   * @param x in the chart's units
   * @param y in the chart's units
   * @param text empty for a point that is only kept free
   * @param color of the text
   * @param important whether the text may stand far off, tied to its point by a line
   */
  record Label(double x, double y, String text, Color color, boolean important) {}

  static void paint(Graphics2D graphics, XYChart chart, List<Label> labels) {
    FontMetrics metrics = metrics();
    List<Rectangle2D> taken = new ArrayList<>();
    for (Label label : labels) {
      Point2D p = onScreen(chart, label);
      taken.add(new Rectangle2D.Double(p.getX() - POINT, p.getY() - POINT, 2 * POINT, 2 * POINT));
    }
    Rectangle plot = plotArea(chart);
    graphics.setClip(0, 0, Figure.WIDTH, Figure.HEIGHT);
    graphics.setFont(FONT);
    for (Label label : labels) {
      if (!label.text.isEmpty()) {
        Point2D p = onScreen(chart, label);
        freePlace(p, metrics, label, plot, taken)
            .ifPresent(
                box -> {
                  taken.add(box);
                  draw(graphics, label, p, box, metrics);
                });
      }
    }
  }

  private static Point2D onScreen(XYChart chart, Label label) {
    return new Point2D.Double(
        chart.getScreenXFromChart(label.x), chart.getScreenYFromChart(label.y));
  }

  /** Measured on an image: what records vector graphics has no exact metrics of its own. */
  private static FontMetrics metrics() {
    Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    try {
      return graphics.getFontMetrics(FONT);
    } finally {
      graphics.dispose();
    }
  }

  private static Rectangle plotArea(XYChart chart) {
    var styler = chart.getStyler();
    int left = (int) Math.round(chart.getScreenXFromChart(styler.getXAxisMin()));
    int right = (int) Math.round(chart.getScreenXFromChart(styler.getXAxisMax()));
    int bottom = (int) Math.round(chart.getScreenYFromChart(styler.getYAxisMin()));
    int top = (int) Math.round(chart.getScreenYFromChart(styler.getYAxisMax()));
    return new Rectangle(left, top, right - left, bottom - top);
  }

  private static Optional<Rectangle2D> freePlace(
      Point2D p, FontMetrics metrics, Label label, Rectangle plot, List<Rectangle2D> taken) {
    double width = metrics.stringWidth(label.text) + 2;
    double height = metrics.getAscent() + metrics.getDescent();
    for (int i = 0; i < (label.important ? DISTANCES.length : NEAR); i++) {
      int distance = DISTANCES[i];
      for (int[] direction : DIRECTIONS) {
        double centreX = p.getX() + direction[0] * (distance + width / 2);
        double centreY =
            p.getY() + direction[1] * (distance + (direction[0] == 0 ? height / 2 : 0));
        Rectangle2D box =
            new Rectangle2D.Double(centreX - width / 2, centreY - height / 2, width, height);
        if (plot.contains(box) && taken.stream().noneMatch(box::intersects)) {
          return Optional.of(box);
        }
      }
    }
    return Optional.empty();
  }

  private static void draw(
      Graphics2D graphics, Label label, Point2D p, Rectangle2D box, FontMetrics metrics) {
    Point2D nearest =
        new Point2D.Double(
            Math.clamp(p.getX(), box.getMinX(), box.getMaxX()),
            Math.clamp(p.getY(), box.getMinY(), box.getMaxY()));
    if (nearest.distance(p) > DISTANCES[1] + 3) {
      graphics.setColor(Color.LIGHT_GRAY);
      graphics.setStroke(LEADER);
      graphics.draw(new Line2D.Double(p, nearest));
    }
    graphics.setColor(label.color);
    graphics.drawString(
        label.text, (float) box.getX() + 1, (float) box.getY() + metrics.getAscent());
  }
}
