package org.esolm.notebook;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import javax.imageio.ImageIO;

/**
 * One value in several representations; the notebook picks the richest that it can show.
 *
 * @param data MIME type to data; always with {@code text/plain}, binary data in Base64
 */
public record Display(Map<String, String> data) implements Displayable {
  private static final String TEXT = "text/plain";
  private static final String HTML = "text/html";
  private static final String PNG = "image/png";

  /**
   * Copies the representations.
   *
   * @throws IllegalArgumentException if there is no text form
   */
  public Display {
    if (!data.containsKey(TEXT)) {
      throw new IllegalArgumentException("data: needs a text/plain form, got " + data.keySet());
    }
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
  }

  /**
   * Plain text.
   *
   * @param text any text
   * @return what shows it
   */
  public static Display text(String text) {
    return new Display(Map.of(TEXT, text));
  }

  /**
   * A piece of HTML.
   *
   * @param html the content of a {@code div}
   * @param text what is shown where HTML is not
   * @return what shows it
   */
  public static Display html(String html, String text) {
    Map<String, String> data = LinkedHashMap.newLinkedHashMap(2);
    data.put(HTML, html);
    data.put(TEXT, text);
    return new Display(data);
  }

  /**
   * A piece of HTML; where HTML is not shown, its text without the tags stands for it.
   *
   * @param html the content of a {@code div}
   * @return what shows it
   */
  public static Display html(String html) {
    return html(html, html.replaceAll("<[^>]*>", " ").replaceAll("\\s+", " ").strip());
  }

  /**
   * An SVG drawing, embedded as an image: inline SVG is hidden in notebooks that are not trusted,
   * and some exporters strip its shapes.
   *
   * @param svg a whole SVG document, with or without an XML declaration
   * @param text what is shown where images are not
   * @return what shows it
   * @throws IllegalArgumentException if there is no {@code svg} element
   */
  public static Display svg(String svg, String text) {
    int start = svg.indexOf("<svg");
    if (start < 0) {
      throw new IllegalArgumentException("svg: has no <svg> element");
    }
    byte[] document = svg.substring(start).getBytes(StandardCharsets.UTF_8);
    return image("image/svg+xml", document, text);
  }

  /**
   * A PNG image, embedded like an SVG drawing so that it may stand beside others.
   *
   * @param png the bytes of a PNG file
   * @param text what is shown where images are not
   * @return what shows it
   */
  public static Display image(byte[] png, String text) {
    return image(PNG, png, text);
  }

  private static Display image(String mime, byte[] content, String text) {
    String image = "<img alt=\"%s\" src=\"data:%s;base64,%s\"/>";
    return html(image.formatted(escape(text), mime, base64(content)), text);
  }

  /**
   * Several things beside each other, as far as the page is wide.
   *
   * @param parts what to show, from left to right
   * @return what shows them
   */
  public static Display row(Displayable... parts) {
    StringBuilder html = new StringBuilder();
    StringJoiner text = new StringJoiner("\n\n");
    for (Displayable part : parts) {
      Display display = part.toDisplay();
      String own = display.data.getOrDefault(HTML, "<pre>" + escape(display.toString()) + "</pre>");
      html.append("<div style=\"display:inline-block;vertical-align:top;margin-right:1em\">")
          .append(own)
          .append("</div>\n");
      text.add(display.toString());
    }
    return html(html.toString(), text.toString());
  }

  /**
   * A PNG image.
   *
   * @param png the bytes of a PNG file
   * @param text what is shown where images are not
   * @return what shows it
   */
  public static Display png(byte[] png, String text) {
    Map<String, String> data = LinkedHashMap.newLinkedHashMap(2);
    data.put(PNG, base64(png));
    data.put(TEXT, text);
    return new Display(data);
  }

  /**
   * An image, as PNG.
   *
   * @param image any image
   * @param text what is shown where images are not
   * @return what shows it
   */
  public static Display png(BufferedImage image, String text) {
    var bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return png(bytes.toByteArray(), text);
  }

  /**
   * Escapes text for use in HTML content and attributes.
   *
   * @param text any text
   * @return the text with the characters that mean something to HTML replaced
   */
  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /**
   * Shows this at once and keeps a handle on it; outside a notebook its text is printed.
   *
   * @return the handle that replaces it in place
   */
  public LiveDisplay live() {
    return LiveDisplay.show(this);
  }

  @Override
  public Display toDisplay() {
    return this;
  }

  /** The plain text form. */
  @Override
  public String toString() {
    return data.get(TEXT);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
