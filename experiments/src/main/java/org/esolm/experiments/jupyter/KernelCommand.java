package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code eso kernel}: the Java kernel in a person's own Jupyter programs. */
@Command(
    name = "kernel",
    description = "Make the Java kernel known to your own JupyterLab or VS Code, or take it away.",
    subcommands = {
      KernelCommand.Install.class,
      KernelCommand.Uninstall.class,
      KernelCommand.ClassPath.class
    })
public final class KernelCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public KernelCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "kernel: say what to do, allowed: install, uninstall, classpath");
  }

  /** Which place is meant. */
  static final class Place {
    @Option(names = "--user", description = "For this user (the default).")
    private boolean user;

    @Option(
        names = "--prefix",
        paramLabel = "DIR",
        description = "For the Python installation or virtual environment in this folder.")
    private Optional<Path> prefix = Optional.empty();

    /** What leads there again. */
    static String options(Place place) {
      return place == null ? "" : place.prefix.map(p -> " --prefix " + p).orElse("");
    }

    static KernelSpec spec(Place place) {
      return place != null && place.prefix.isPresent()
          ? KernelSpec.ofPrefix(place.prefix.get())
          : KernelSpec.ofUser(System.getenv(), Path.of(System.getProperty("user.home")));
    }
  }

  @Command(name = "install", description = "Install it; again is harmless.")
  static final class Install implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @ArgGroup private Place place;

    @Override
    public Integer call() throws IOException {
      Path home = Jupyter.repository();
      KernelSpec kernel = Place.spec(place);
      boolean written = kernel.install(home, Path.of(System.getProperty("java.home")));
      spec.commandLine()
          .getOut()
          .printf(
              "%s %s%n"
                  + "JupyterLab, the notebook page and VS Code now offer 'Java (Eso-LM)'; it runs the build in"
                  + " %s.%nTake it away with ./eso kernel uninstall%s%n",
              written ? "wrote" : "nothing to do, it is in",
              kernel.folder(),
              home,
              Place.options(place));
      return 0;
    }
  }

  @Command(name = "uninstall", description = "Take it away.")
  static final class Uninstall implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @ArgGroup private Place place;

    @Override
    public Integer call() throws IOException {
      KernelSpec kernel = Place.spec(place);
      boolean removed = kernel.uninstall();
      spec.commandLine()
          .getOut()
          .printf("%s %s%n", removed ? "removed" : "nothing to do, there is no", kernel.folder());
      return 0;
    }
  }

  @Command(
      name = "classpath",
      description = "Print the class path of the library, for another Java kernel.")
  static final class ClassPath implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      spec.commandLine().getOut().println(System.getProperty("java.class.path"));
      return 0;
    }
  }
}
