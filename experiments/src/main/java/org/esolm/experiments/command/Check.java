package org.esolm.experiments.command;

/**
 * One thing that a machine has or lacks.
 *
 * @param name what was looked for
 * @param state how it stands
 * @param found what was found, or what went wrong
 * @param advice what to do about it; empty where all is well
 */
record Check(String name, State state, String found, String advice) {
  enum State {
    /** There. */
    OK,
    /** The library works without it, or slower. */
    MISSING_OPTIONAL,
    /** The library does not work without it. */
    MISSING
  }

  /** Something that may throw, which means that it is not there. */
  @FunctionalInterface
  interface Probe {
    String look() throws Exception;
  }

  static Check of(String name, State otherwise, String advice, Probe probe) {
    try {
      return new Check(name, State.OK, probe.look(), "");
    } catch (Exception | LinkageError | InternalError e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return new Check(name, otherwise, why.lines().findFirst().orElse(""), advice);
    }
  }
}
