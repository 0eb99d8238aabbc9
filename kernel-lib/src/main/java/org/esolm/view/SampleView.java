package org.esolm.view;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.esolm.data.Tokenizer;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.sampler.Samples;

/**
 * Drawn texts to be read: each token's colour tells when it was drawn, from pale (first) to strong
 * (last); given tokens are underlined.
 *
 * @param samples what was drawn, at best with its order recorded
 * @param tokenizer of the tokens
 */
public record SampleView(Samples samples, Tokenizer tokenizer) implements Displayable {
  /**
   * The texts alone.
   *
   * @return one a sample
   */
  public List<String> texts() {
    return Arrays.stream(samples.tokens()).map(tokenizer::decode).toList();
  }

  @Override
  public Display toDisplay() {
    String cost =
        String.format(
            Locale.ROOT,
            "%s, %.1f function evaluations a text, %.3f s",
            samples.tokens().length == 1 ? "1 text" : samples.tokens().length + " texts",
            samples.nfePerSample(),
            samples.seconds());
    StringBuilder html = new StringBuilder("<div>").append(cost);
    if (samples.decodedAt() != null) {
      html.append("; drawn ").append(swatch(0, "first")).append(swatch(0.5, "between"));
      html.append(swatch(1, "last"));
    }
    html.append("</div>\n");
    for (int i = 0; i < samples.tokens().length; i++) {
      html.append("<p style=\"white-space:pre-wrap\">").append(text(i)).append("</p>\n");
    }
    return Display.html(html.toString(), cost + "\n\n" + String.join("\n\n", texts()));
  }

  @Override
  public String toString() {
    return toDisplay().toString();
  }

  private String text(int i) {
    List<String> pieces = pieces(samples.tokens()[i]);
    if (samples.decodedAt() == null) {
      return Display.escape(String.join("", pieces));
    }
    int[] step = samples.decodedAt()[i];
    int last = Math.max(1, Arrays.stream(step).max().orElse(1));
    StringBuilder html = new StringBuilder();
    for (int l = 0; l < step.length; l++) {
      html.append(
          step[l] < 0
              ? "<u title=\"given\">" + Display.escape(pieces.get(l)) + "</u>"
              : "<span title=\"step %d\" style=\"background:%s\">%s</span>"
                  .formatted(
                      step[l] + 1, color((double) step[l] / last), Display.escape(pieces.get(l))));
    }
    return html.toString();
  }

  /** What each token adds to the text before it. */
  private List<String> pieces(int[] tokens) {
    List<String> pieces = new ArrayList<>();
    String before = "";
    for (int l = 0; l < tokens.length; l++) {
      String text = tokenizer.decode(Arrays.copyOf(tokens, l + 1));
      pieces.add(
          text.startsWith(before)
              ? text.substring(before.length())
              : " " + tokenizer.token(tokens[l]));
      before = text;
    }
    return pieces;
  }

  private static String swatch(double share, String word) {
    return "<span style=\"background:%s\">&nbsp;%s&nbsp;</span>".formatted(color(share), word);
  }

  /** From pale yellow to a blue on which black can still be read. */
  private static String color(double share) {
    int[] from = {255, 247, 188};
    int[] to = {107, 174, 232};
    int[] mix = new int[3];
    Arrays.setAll(mix, c -> (int) Math.round(from[c] + share * (to[c] - from[c])));
    return "#%02x%02x%02x".formatted(mix[0], mix[1], mix[2]);
  }
}
