package org.esolm.plot;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.esolm.io.AtomicFiles;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.internal.chartpart.Chart;

/** A finished drawing, as an image or as scalable graphics; a notebook shows it. */
public final class Figure implements Displayable {
  /** Usual width in pixels. */
  public static final int WIDTH = 900;

  /** Usual height in pixels. */
  public static final int HEIGHT = 600;

  private final Chart<?, ?> chart;
  private final List<PointLabels.Label> labels;

  Figure(Chart<?, ?> chart, List<PointLabels.Label> labels) {
    this.chart = chart;
    this.labels = List.copyOf(labels);
  }

  /**
   * The figure as a notebook's value: an image that also shows in notebooks that are not trusted.
   * Scalable, but for matrices, whose many cells are smaller as pixels.
   */
  @Override
  public Display toDisplay() {
    String title = chart.getTitle().isBlank() ? "figure" : chart.getTitle();
    return chart instanceof XYChart ? Display.svg(svg(), title) : Display.image(png(), title);
  }

  /**
   * The figure's pixels.
   *
   * @return an opaque image
   */
  public BufferedImage image() {
    int width = chart.getWidth();
    int height = chart.getHeight();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    paint(graphics);
    graphics.dispose();
    return image;
  }

  /**
   * The figure as a PNG file's content.
   *
   * @return its bytes
   */
  public byte[] png() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image(), "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  /**
   * The figure as SVG, ready to stand inside a page: without the XML declaration and document type
   * with which notebooks' HTML export fails.
   *
   * @return from {@code <svg} on
   */
  public String svg() {
    VectorGraphics2D graphics = new VectorGraphics2D();
    paint(graphics);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new SVGProcessor()
          .getDocument(
              graphics.getCommands(), new PageSize(0, 0, chart.getWidth(), chart.getHeight()))
          .writeTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    String document = bytes.toString(StandardCharsets.UTF_8);
    return document.substring(document.indexOf("<svg"));
  }

  /**
   * Writes the PNG.
   *
   * @param file where to; replaced whole
   * @throws IOException if it cannot be written
   */
  public void toPng(Path file) throws IOException {
    AtomicFiles.write(file, png());
  }

  /**
   * Writes the SVG.
   *
   * @param file where to; replaced whole
   * @throws IOException if it cannot be written
   */
  public void toSvg(Path file) throws IOException {
    AtomicFiles.write(file, svg());
  }

  private void paint(Graphics2D graphics) {
    chart.paint(graphics, chart.getWidth(), chart.getHeight());
    if (chart instanceof XYChart xy) {
      PointLabels.paint(graphics, xy, labels);
    }
  }
}
