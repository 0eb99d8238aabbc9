package org.esolm.experiments.bench;

import java.util.List;

/** A program that times a piece of work and prints one line of JSON. */
public interface Contestant {
  /**
   * What rows and tables call it.
   *
   * @return its name
   */
  String name();

  /**
   * How it is started.
   *
   * @param work what it shall time
   * @return the command and its arguments
   */
  List<String> command(Work work);
}
