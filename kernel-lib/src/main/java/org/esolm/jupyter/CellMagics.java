package org.esolm.jupyter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.esolm.jupyter.CellErrors.Origin;

/**
 * Runs cells in which some lines begin with {@code %} and speak to the kernel instead of the
 * compiler, with the names that they have in IJava and IPython.
 */
final class CellMagics {
  /** What a magic does with the text behind its name. */
  @FunctionalInterface
  private interface Action {
    Object run(String argument, Origin origin) throws CellException, IOException;
  }

  private record Magic(String usage, String meaning, Action action) {}

  private static final String TIME = "time";

  private final CellSession session;
  private final ClassPath classPath;
  private final Map<String, Magic> magics = new LinkedHashMap<>();
  private volatile Thread waiting;

  CellMagics(CellSession session) {
    this.session = session;
    classPath = new ClassPath(session);
    add(
        "classpath PATH...",
        "add folders and jars to the class path; alone: list them",
        this::path);
    add("jars GLOB...", "add the jars that fit a pattern, as in lib/*.jar", this::jars);
    add("load FILE", "run a file of Java, or the code cells of a notebook", this::load);
    add("lsmagic", "list these commands; so does %help", (argument, _) -> help(argument));
    add("maven GROUP:ARTIFACT:VERSION...", "add from Maven, with dependencies", this::maven);
    add(TIME + " CODE", "run code and say how long it took; %%time does so for a cell", this::time);
  }

  private void add(String usage, String meaning, Action action) {
    magics.put(usage.split(" ")[0], new Magic("%" + usage, meaning, action));
  }

  List<String> names() {
    return Stream.concat(magics.keySet().stream(), Stream.of("help")).sorted().toList();
  }

  /**
   * Runs a cell.
   *
   * @return the value of its last piece, {@code null} where there is none
   */
  Object run(String cell, Origin origin) throws CellException {
    Object value = null;
    for (CellPieces.Piece piece : session.pieces(cell, names())) {
      if (session.interrupted()) {
        throw CellException.interrupted();
      }
      Origin start = origin.skip(piece.line());
      value =
          switch (piece.kind()) {
            case JAVA -> session.run(piece.text(), start);
            case LINE -> call("%", piece.name(), piece.text(), start);
            case CELL -> call("%%", piece.name(), piece.text(), start);
          };
    }
    return value;
  }

  /** Ends the wait for a download; what runs in the session is not this class's business. */
  void interrupt() {
    Thread thread = waiting;
    if (thread != null) {
      thread.interrupt();
    }
  }

  private Object call(String sign, String name, String argument, Origin origin)
      throws CellException {
    Magic magic = magics.get(name.equals("help") ? "lsmagic" : name);
    if (magic == null || sign.equals("%%") && !name.equals(TIME)) {
      throw CellException.of(
          "%s: there is no %s%s, allowed: %%%s, %%%%%s"
              .formatted(origin.place(1), sign, name, String.join(", %", names()), TIME));
    }
    try {
      return magic.action.run(argument, origin);
    } catch (IOException | UncheckedIOException e) {
      throw CellException.of("%s: %s%s: %s".formatted(origin.place(1), sign, name, e));
    }
  }

  private Object help(String unused) {
    magics.values().forEach(m -> System.out.printf("%-34s %s%n", m.usage, m.meaning));
    System.out.println("Shift-Tab documents the name at the cursor, Tab completes it.");
    return null;
  }

  private Object path(String argument, Origin origin) throws CellException {
    List<String> words = words(argument);
    if (words.isEmpty()) {
      classPath.added().forEach(System.out::println);
    }
    List<Path> entries = new ArrayList<>();
    for (String word : words) {
      Path entry = ClassPath.path(word);
      if (!Files.exists(entry)) {
        throw CellException.of(
            origin.place(1) + ": %classpath: there is no " + entry.toAbsolutePath());
      }
      entries.add(entry);
    }
    classPath.add(entries);
    return null;
  }

  private Object jars(String argument, Origin origin) throws CellException, IOException {
    List<String> words = words(argument);
    if (words.isEmpty()) {
      throw usage("jars", origin);
    }
    List<Path> found = new ArrayList<>();
    for (String word : words) {
      List<Path> jars = ClassPath.glob(word);
      if (jars.isEmpty()) {
        throw CellException.of(origin.place(1) + ": %jars: no file fits " + word);
      }
      found.addAll(jars);
    }
    System.out.println("added: " + classPath.add(found));
    return null;
  }

  private Object maven(String argument, Origin origin) throws CellException {
    List<String> coordinates = words(argument);
    if (coordinates.isEmpty()) {
      throw usage("maven", origin);
    }
    var task = new FutureTask<>(() -> MavenArtifacts.resolve(coordinates));
    Thread.ofPlatform().daemon().name("maven").start(task);
    waiting = Thread.currentThread();
    try {
      List<Path> jars = task.get();
      System.out.printf("added: %d of %d jars%n", classPath.add(jars), jars.size());
      return null;
    } catch (InterruptedException e) {
      throw CellException.interrupted();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof CellException cell
          ? CellException.of(origin.place(1) + ": " + cell.getMessage())
          : CellException.of(origin.place(1) + ": %maven: " + e.getCause());
    } finally {
      waiting = null;
      Thread.interrupted(); // one that came too late
    }
  }

  private Object load(String argument, Origin origin) throws CellException, IOException {
    if (argument.isBlank()) {
      throw usage("load", origin);
    }
    Path file = ClassPath.path(argument.strip());
    if (!Files.isRegularFile(file)) {
      throw CellException.of(
          origin.place(1) + ": %load: there is no file " + file.toAbsolutePath());
    }
    Object value = null;
    for (LoadedCode code : LoadedCode.of(file)) {
      value = run(code.text(), new Origin(code.source(), 1));
    }
    return value;
  }

  private Object time(String code, Origin origin) throws CellException {
    if (code.isBlank()) {
      throw usage(TIME, origin);
    }
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    try {
      return session.run(code, origin);
    } finally {
      System.out.printf(
          Locale.ROOT,
          "took %.3f s, %.3f s of CPU%n",
          (System.nanoTime() - start) / 1e9,
          (system.getProcessCpuTime() - cpu) / 1e9);
    }
  }

  private CellException usage(String name, Origin origin) {
    Magic magic = magics.get(name);
    return CellException.of(
        "%s: usage: %s (%s)".formatted(origin.place(1), magic.usage, magic.meaning));
  }

  private static List<String> words(String text) {
    return Stream.of(text.strip().split("\\s+")).filter(w -> !w.isEmpty()).toList();
  }
}
