package org.esolm.jupyter;

import io.github.spencerpark.jupyter.kernel.BaseKernel;
import io.github.spencerpark.jupyter.kernel.KernelConnectionProperties;
import io.github.spencerpark.jupyter.kernel.LanguageInfo;
import io.github.spencerpark.jupyter.kernel.ReplacementOptions;
import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.esolm.jupyter.CellErrors.Origin;

/**
 * The Java kernel: evaluates cells, shows the value of a trailing expression, completes and
 * documents code. Start it with the connection file that Jupyter writes.
 *
 * <p>An interrupt ends the cell's own loops; library code that runs long tests {@link
 * Thread#interrupted()} itself.
 */
public final class JavaKernel extends BaseKernel implements AutoCloseable {
  /** Cells call static functions, so the process knows its kernel; set once, by {@link #main}. */
  private static volatile JavaKernel current;

  private final CellOutput output =
      new CellOutput(getIO().out, getIO().err, System.out, System.err);
  private final Headroom headroom = new Headroom();
  private final CellSession session = new CellSession(headroom);
  private final CellMagics magics = new CellMagics(session);
  private String lastDisplayId;
  private List<String> lastReport = List.of();

  /** Starts a session with the default imports; needs no Jupyter. */
  public JavaKernel() {
    // Streams are replaced once for the whole process (see captureStreams), not for every cell.
    setShouldReplaceStdStreams(false);
    CellRendering.register(getRenderer());
    try (InputStream imports = JavaKernel.class.getResourceAsStream("imports.jsh")) {
      session.run(new String(imports.readAllBytes(), StandardCharsets.UTF_8), Origin.cell(0));
    } catch (IOException | CellException e) {
      throw new IllegalStateException("the default imports do not work: " + e.getMessage(), e);
    }
  }

  /**
   * Runs the kernel until Jupyter shuts it down.
   *
   * @param args one argument: the connection file
   * @throws IOException when the connection file cannot be read
   * @throws GeneralSecurityException when the connection's signature scheme is not available
   */
  public static void main(String[] args) throws IOException, GeneralSecurityException {
    if (args.length != 1) {
      System.err.println("usage: JavaKernel CONNECTION_FILE (Jupyter starts kernels itself)");
      System.exit(2);
    }
    Logger.getLogger("").setLevel(Level.WARNING);
    exitWithParent(System.getenv("JPY_PARENT_PID"));
    var properties = KernelConnectionProperties.parse(Files.readString(Path.of(args[0])));
    JavaKernel kernel = new JavaKernel();
    var connection = new KernelConnection(properties, () -> kernel.lastReport);
    current = kernel;
    kernel.captureStreams();
    kernel.becomeHandlerForConnection(connection);
    connection.connect();
    connection.survive(kernel.headroom);
    CollectorWatch.start(kernel.session::exhaust);
    connection.waitUntilClose();
    System.exit(0);
  }

  /**
   * The kernel that this process is.
   *
   * @return {@code null} outside a notebook
   */
  public static JavaKernel current() {
    return current;
  }

  /**
   * Sends {@code System.out} and {@code System.err} to the cell that runs, and asks it for input.
   */
  void captureStreams() {
    System.setOut(output.out());
    System.setErr(output.err());
    System.setIn(getIO().in);
  }

  @Override
  public DisplayData eval(String cell) throws CellException {
    lastReport = List.of();
    session.begin();
    output.begin();
    headroom.begin();
    try {
      Object value = magics.run(cell, Origin.cell(executionCount.get() - 1));
      // display(...) as the last line is an expression too; nobody wants to read its id.
      return value == null || value == lastDisplayId ? null : rendered(value);
    } catch (OutOfMemoryError e) {
      headroom.release();
      throw CellException.of(e + ". " + CellException.FULL);
    } catch (Error e) {
      headroom.release(); // it may be the compiler's for a lack of memory
      throw CellException.of(e.toString());
    } finally {
      if (headroom.end()) {
        System.err.println(CellException.FULL);
      }
      output.end();
    }
  }

  /** Shows data below the cell; what was printed before comes first. */
  @Override
  public void display(DisplayData data) {
    output.flush();
    super.display(data);
    lastDisplayId = data.hasDisplayId() ? data.getDisplayId() : null;
  }

  /** The data that a value is shown as: its preferred types, or those asked for. */
  DisplayData rendered(Object value, String... as) {
    return switch (value) {
      case DisplayData data -> data;
      case null -> new DisplayData("null");
      case Object o when as.length > 0 -> getRenderer().renderAs(o, as);
      case Object o when o.getClass().isArray() -> new DisplayData(CellRendering.array(o));
      default -> getRenderer().render(value);
    };
  }

  @Override
  public void interrupt() {
    session.interrupt();
    magics.interrupt();
  }

  @Override
  public List<String> formatError(Exception e) {
    if (!(e instanceof CellException cell)) {
      return super.formatError(e);
    }
    // What happened in the error colour, where and why in the text's own.
    List<String> report =
        cell.report().stream()
            .map(line -> line.startsWith(" ") ? line : errorStyler.secondary(line))
            .toList();
    // Like Python's tracebacks, that of the reply ends with the summary.
    lastReport = new ArrayList<>(report);
    lastReport.add("CellException: " + cell.getMessage());
    return report;
  }

  @Override
  public ReplacementOptions complete(String code, int cursor) {
    CodeHelp.Completions found = session.help(magics.names()).complete(code, cursor);
    return new ReplacementOptions(found.texts(), found.start(), cursor);
  }

  @Override
  public DisplayData inspect(String code, int cursor, boolean extraDetail) {
    return session.help(magics.names()).document(code, cursor).map(DisplayData::new).orElse(null);
  }

  @Override
  public String isComplete(String code) {
    return switch (session.help(magics.names()).completeness(code)) {
      case COMPLETE -> IS_COMPLETE_YES;
      case INVALID -> IS_COMPLETE_BAD;
      case INCOMPLETE -> "    ";
    };
  }

  @Override
  public LanguageInfo getLanguageInfo() {
    return new LanguageInfo.Builder("Java")
        .version(Runtime.version().toString())
        .mimetype("text/x-java-source")
        .fileExtension(".jshell")
        .pygments("java")
        .codemirror("text/x-java")
        .build();
  }

  @Override
  public String getBanner() {
    return "Eso-LM notebook kernel, Java " + Runtime.version();
  }

  @Override
  public void close() {
    session.close();
    output.close();
  }

  /** A server that was killed cannot shut its kernels down. */
  private static void exitWithParent(String pid) {
    Optional.ofNullable(pid)
        .flatMap(p -> ProcessHandle.of(Long.parseLong(p)))
        .ifPresent(parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
  }
}
