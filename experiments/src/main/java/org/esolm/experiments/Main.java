package org.esolm.experiments;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.esolm.experiments.command.BenchCommand;
import org.esolm.experiments.command.DataCommand;
import org.esolm.experiments.command.DoctorCommand;
import org.esolm.experiments.command.ExportCommand;
import org.esolm.experiments.command.FiguresCommand;
import org.esolm.experiments.command.ImportCommand;
import org.esolm.experiments.command.LikelihoodCommand;
import org.esolm.experiments.command.ParityCommand;
import org.esolm.experiments.command.ReproduceCommand;
import org.esolm.experiments.command.SampleCommand;
import org.esolm.experiments.command.ScoreCommand;
import org.esolm.experiments.command.TablesCommand;
import org.esolm.experiments.command.TrainCommand;
import org.esolm.experiments.jupyter.KernelCommand;
import org.esolm.experiments.jupyter.LabCommand;
import org.esolm.experiments.jupyter.NotebooksCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line {@code eso}. */
@Command(
    name = "eso",
    description = "Trains, samples and measures Eso-LM and the language models beside it.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class)
public final class Main implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          ReproduceCommand.class,
          DoctorCommand.class,
          TrainCommand.class,
          SampleCommand.class,
          LikelihoodCommand.class,
          ScoreCommand.class,
          ImportCommand.class,
          ExportCommand.class,
          DataCommand.class,
          BenchCommand.class,
          ParityCommand.class,
          TablesCommand.class,
          FiguresCommand.class,
          NotebooksCommand.class,
          LabCommand.class,
          KernelCommand.class);

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of a failure.")
  private boolean debug;

  /** For picocli. */
  public Main() {}

  /**
   * Runs the command line and ends the process with its exit code.
   *
   * @param args a sub-command and its arguments
   */
  public static void main(String[] args) {
    PrintStream out = System.out;
    if (List.of(args).contains("--json")) {
      // Whatever a library prints, standard output holds the one line of JSON and nothing else.
      System.setOut(System.err);
    }
    System.exit(run(writer(out), writer(System.err), args));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  /**
   * Runs the command line.
   *
   * @param out where results go
   * @param err where all else goes
   * @param args a sub-command and its arguments
   * @return 0 if all went well, 2 for a wrong argument or bad input, 1 for a failure while working
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    if (Arrays.stream(args).allMatch(arg -> arg.equals("-h") || arg.equals("--help"))) {
      overview(out);
      return 0;
    }
    Main main = new Main();
    CommandLine line =
        line(main, args)
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((e, a) -> Failures.wrongArgument(e, main.debug))
            .setExecutionExceptionHandler((e, l, result) -> Failures.failed(e, l, main.debug));
    try {
      return line.execute(args);
    } catch (Error e) { // no memory, no native library: picocli lets them pass
      return Failures.failed(e, line, main.debug);
    }
  }

  /**
   * The command line with the command that is called alone, as reading its options and those of its
   * own commands takes time; with all of them where there is none of that name.
   */
  private static CommandLine line(Main main, String... args) {
    String called = Arrays.stream(args).filter(arg -> !arg.startsWith("-")).findFirst().orElse("");
    List<Class<?>> commands =
        COMMANDS.stream().filter(type -> command(type).name().equals(called)).toList();
    CommandLine line = new CommandLine(main);
    (commands.isEmpty() ? COMMANDS : commands).forEach(line::addSubcommand);
    return line;
  }

  private static Command command(Class<?> type) {
    return type.getAnnotation(Command.class);
  }

  /** The version of the build. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
        properties.load(in);
      }
      return new String[] {"eso " + properties.getProperty("version")};
    }
  }

  /** Without a sub-command. */
  @Override
  public void run() {
    overview(spec.commandLine().getOut());
  }

  /** What one can do next, and all commands; without picocli, which takes its time to load. */
  private static void overview(PrintWriter out) {
    out.println("Usage: eso [-hV] [--debug] [COMMAND]");
    out.println(String.join(" ", command(Main.class).description()));
    out.println();
    out.println("What you can do next:");
    Path home = Path.of(System.getProperty("eso.home", "")).toAbsolutePath();
    NextSteps.of(home).forEach(step -> print(out, step.command(), step.meaning()));
    out.println();
    out.println("All commands:");
    COMMANDS.stream()
        .map(Main::command)
        .forEach(command -> print(out, command.name(), String.join(" ", command.description())));
    out.println();
    out.println("./eso COMMAND --help tells all about one of them, --version which eso this is;");
    out.println("--debug shows the stack trace of a failure.");
  }

  private static void print(PrintWriter out, String command, String meaning) {
    out.printf("  ./eso %-12s %s%n", command, meaning);
  }
}
