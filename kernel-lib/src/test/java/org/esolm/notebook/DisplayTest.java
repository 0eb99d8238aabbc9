package org.esolm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class DisplayTest {
  @Test
  void html_comes_with_a_text_form() {
    assertThat(Display.html("<p>a <b>b</b></p>").data())
        .containsEntry("text/html", "<p>a <b>b</b></p>")
        .containsEntry("text/plain", "a b");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Display(Map.of("text/html", "<p/>")))
        .withMessageContaining("text/plain");
  }

  @Test
  void svg_is_embedded_without_its_xml_declaration() {
    String svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg>";
    Display display =
        Display.svg("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg, "a \"box\"");

    String html = display.data().get("text/html");
    assertThat(html).startsWith("<img alt=\"a &quot;box&quot;\" src=\"data:image/svg+xml;base64,");
    String base64 = html.replaceAll(".*base64,|\"/>$", "");
    assertThat(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8))
        .isEqualTo(svg);
    assertThatIllegalArgumentException().isThrownBy(() -> Display.svg("<html/>", ""));
  }

  @Test
  void an_image_survives_the_way_to_the_notebook() throws IOException {
    var image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(2, 1, 0x123456);
    byte[] png = Base64.getDecoder().decode(Display.png(image, "dots").data().get("image/png"));

    BufferedImage back = ImageIO.read(new ByteArrayInputStream(png));
    assertThat(back.getWidth()).isEqualTo(3);
    assertThat(back.getRGB(2, 1) & 0xFFFFFF).isEqualTo(0x123456);
  }

  @Test
  void outside_a_notebook_a_value_shows_as_its_text() {
    assertThat(Display.html("<b>x</b>", "x").show()).hasToString("x");
  }
}
