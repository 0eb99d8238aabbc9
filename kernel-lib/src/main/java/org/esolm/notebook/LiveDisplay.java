package org.esolm.notebook;

import java.util.Optional;

/** Something on show that can be replaced in place. Safe for use by several threads. */
public final class LiveDisplay {
  private final Optional<Frontend> frontend;
  private final String id;

  private LiveDisplay(Optional<Frontend> frontend, String id) {
    this.frontend = frontend;
    this.id = id;
  }

  /**
   * Whether there is a notebook, where something can be replaced in place.
   *
   * @return false where an update would print a new line
   */
  public static boolean isPossible() {
    return Frontend.find().isPresent();
  }

  static LiveDisplay show(Display display) {
    Optional<Frontend> frontend = Frontend.find();
    if (frontend.isEmpty()) {
      System.out.println(display);
      return new LiveDisplay(frontend, "");
    }
    return new LiveDisplay(frontend, frontend.get().display(display));
  }

  /**
   * Puts something else in its place; outside a notebook the text is printed on a new line. A
   * notebook follows about ten updates a second.
   *
   * @param content what to show now
   */
  public synchronized void update(Displayable content) {
    Display display = content.toDisplay();
    frontend.ifPresentOrElse(f -> f.update(id, display), () -> System.out.println(display));
  }
}
