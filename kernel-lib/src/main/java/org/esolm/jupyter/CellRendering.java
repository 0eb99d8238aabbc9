package org.esolm.jupyter;

import io.github.spencerpark.jupyter.kernel.display.RenderContext;
import io.github.spencerpark.jupyter.kernel.display.Renderer;
import java.lang.reflect.Array;
import java.util.StringJoiner;
import org.esolm.notebook.Displayable;
import org.esolm.view.Views;

/** How values look that the base library knows nothing of. */
final class CellRendering {
  private static final int MAX_ELEMENTS = 100;

  private CellRendering() {}

  static void register(Renderer renderer) {
    renderer
        .createRegistration(Displayable.class)
        .supporting("text/plain", "text/html", "image/png", "image/svg+xml")
        .preferring("text/plain", "text/html", "image/png", "image/svg+xml")
        .register(CellRendering::put);
    Views.RENDERED.forEach(
        type ->
            renderer
                .createRegistration(type)
                .supporting("text/plain", "text/html")
                .preferring("text/plain", "text/html")
                .register((value, context) -> put(Views.of(value), context)));
  }

  private static void put(Displayable value, RenderContext context) {
    value.toDisplay().data().forEach(context.getOutputContainer()::putData);
  }

  /** {@code float[3] {1.0, 2.0, 3.0}}: the beginning of an array, not all of it. */
  static String array(Object array) {
    int length = Array.getLength(array);
    var type = new StringBuilder(array.getClass().getComponentType().getSimpleName());
    int dims = type.indexOf("[]");
    type.insert(dims < 0 ? type.length() : dims, "[" + length + "]");
    StringJoiner text = new StringJoiner(", ", type + " {", "}");
    for (int i = 0; i < Math.min(length, MAX_ELEMENTS); i++) {
      Object element = Array.get(array, i);
      text.add(element != null && element.getClass().isArray() ? array(element) : "" + element);
    }
    return (length > MAX_ELEMENTS ? text.add("...") : text).toString();
  }
}
