package org.esolm.notebook;

/** Something that a notebook can show as more than text. */
public interface Displayable {
  /**
   * How it looks.
   *
   * @return its representations
   */
  Display toDisplay();

  /**
   * Makes a cell show this, as its last expression, under every kernel. The project's own kernel
   * shows a {@code Displayable} without it.
   *
   * @return a value that the running kernel renders; outside a notebook the {@link Display}, whose
   *     text form is printed by whoever prints it
   */
  default Object show() {
    Display display = toDisplay();
    return Frontend.find().<Object>map(f -> f.value(display)).orElse(display);
  }

  /** Shows this at once, from the middle of a cell; outside a notebook its text is printed. */
  default void display() {
    toDisplay().live();
  }
}
