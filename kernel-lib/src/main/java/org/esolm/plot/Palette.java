package org.esolm.plot;

import java.awt.Color;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedSet;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * One colour and marker a system, told apart by colour-blind people too (Okabe and Ito, 2008). The
 * systems of the paper look the same in every figure; other names get what is left in a figure, by
 * their spelling.
 */
final class Palette {
  /**
   * How a system is drawn.
   *
   * @param color of its points and lines
   * @param marker of its points
   */
  record Style(Color color, Marker marker) {}

  private static final Style AR = new Style(new Color(0x000000), SeriesMarkers.DIAMOND);
  private static final Style ESO = new Style(new Color(0x0072B2), SeriesMarkers.CIRCLE);
  private static final Style ESO_A = new Style(new Color(0x56B4E9), SeriesMarkers.DIAMOND);
  private static final Style MDLM = new Style(new Color(0xD55E00), SeriesMarkers.TRIANGLE_UP);
  private static final Style BD3LM = new Style(new Color(0x009E73), SeriesMarkers.SQUARE);
  private static final Map<String, Style> SYSTEMS =
      Map.of("ar", AR, "eso", ESO, "esolm", ESO, "esoa", ESO_A, "mdlm", MDLM, "bd3lm", BD3LM);
  private static final List<Style> OTHERS =
      List.of(
          new Style(new Color(0xCC79A7), SeriesMarkers.TRIANGLE_DOWN),
          new Style(new Color(0xE69F00), SeriesMarkers.SQUARE),
          ESO_A,
          new Style(new Color(0x7F7F7F), SeriesMarkers.CIRCLE),
          new Style(new Color(0x5B2C83), SeriesMarkers.TRIANGLE_UP),
          new Style(new Color(0x8C510A), SeriesMarkers.CIRCLE));

  private Palette() {}

  /**
   * The styles of one figure's systems.
   *
   * @param names the systems; more than {@code OTHERS} unknown ones share styles
   * @return a style for each name
   */
  static Map<String, Style> of(SequencedSet<String> names) {
    Map<String, Style> styles = new HashMap<>();
    for (String name : names) {
      Style known = SYSTEMS.get(name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", ""));
      if (known != null) {
        styles.put(name, known);
      }
    }
    for (String name : names.stream().sorted().toList()) {
      if (!styles.containsKey(name)) {
        int first = Math.floorMod(name.hashCode(), OTHERS.size());
        int at = first;
        while (styles.containsValue(OTHERS.get(at)) && (at + 1) % OTHERS.size() != first) {
          at = (at + 1) % OTHERS.size();
        }
        styles.put(name, OTHERS.get(at));
      }
    }
    return styles;
  }
}
