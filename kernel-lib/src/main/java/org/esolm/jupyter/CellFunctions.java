package org.esolm.jupyter;

import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import java.util.UUID;

/**
 * Functions that every cell can call, with the names and meanings that they have in IJava. Code
 * outside a notebook uses {@link org.esolm.notebook.Display}, which works under every kernel.
 */
public final class CellFunctions {
  private CellFunctions() {}

  /**
   * Renders a value without showing it.
   *
   * @param value anything
   * @param as MIME types to render it as; none: its preferred types
   * @return the rendered data; as a cell's last expression it is shown
   */
  public static DisplayData render(Object value, String... as) {
    return JavaKernel.current().rendered(value, as);
  }

  /**
   * Shows a value below the cell at once.
   *
   * @param value anything
   * @param as MIME types to render it as; none: its preferred types
   * @return the id by which {@link #updateDisplay} replaces it
   */
  public static String display(Object value, String... as) {
    DisplayData data = render(value, as);
    if (!data.hasDisplayId()) {
      data.setDisplayId(UUID.randomUUID().toString());
    }
    JavaKernel.current().display(data);
    return data.getDisplayId();
  }

  /**
   * Replaces what {@link #display} showed.
   *
   * @param id the id that {@code display} returned
   * @param value anything
   * @param as MIME types to render it as; none: its preferred types
   */
  public static void updateDisplay(String id, Object value, String... as) {
    JavaKernel.current().getIO().display.updateDisplay(id, render(value, as));
  }
}
