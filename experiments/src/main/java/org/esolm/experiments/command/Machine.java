package org.esolm.experiments.command;

import com.sun.management.OperatingSystemMXBean;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.esolm.experiments.command.Check.State;
import org.esolm.experiments.run.Commands;
import org.esolm.experiments.run.Hardware;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What {@code doctor} looks for on a machine. */
final class Machine {
  private static final String JUPYTER_ADVICE =
      "apt-get install jupyter-nbconvert python3-nbclient jupyter-client jupyter-notebook,"
          + " or pip install notebook nbconvert; only notebooks need it";

  List<Check> checks() {
    return List.of(
        jdk(), cpu(), vectors(), memory(), openBlas(), nd4j(), fonts(), jupyter(), kernel());
  }

  private static Check jdk() {
    Runtime.Version version = Runtime.version();
    String found = version + ", " + System.getProperty("java.vendor");
    boolean old = version.compareToIgnoreOptional(Runtime.Version.parse("25.0.3")) < 0;
    return old
        ? new Check(
            "JDK",
            State.MISSING_OPTIONAL,
            found,
            "before 25.0.3 the default garbage collector could corrupt arrays: update the JDK")
        : new Check("JDK", State.OK, found, "");
  }

  private static Check cpu() {
    return Check.of(
        "CPU",
        State.MISSING,
        "",
        () -> "%s, %d cores".formatted(Hardware.cpu(), Runtime.getRuntime().availableProcessors()));
  }

  private static Check vectors() {
    return Check.of(
        "vectors",
        State.MISSING,
        "start through ./eso, or java --add-modules jdk.incubator.vector",
        () -> {
          int bits = FloatVector.SPECIES_PREFERRED.vectorBitSize();
          return "%d bits, %d floats at once".formatted(bits, bits / Float.SIZE);
        });
  }

  private static Check memory() {
    double gib = 1L << 30;
    long physical =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    long heap = Runtime.getRuntime().maxMemory();
    String found =
        String.format(
            Locale.ROOT, "%.1f GiB, Java heap up to %.1f GiB", physical / gib, heap / gib);
    return physical < 2 * gib
        ? new Check(
            "memory", State.MISSING_OPTIONAL, found, "2 GiB are needed for the quick profile")
        : new Check("memory", State.OK, found, "");
  }

  private static Check openBlas() {
    return Check.of(
        "OpenBLAS",
        State.MISSING,
        "build for this system: ./mvnw package, its profiles choose the native libraries",
        () -> {
          Loader.load(openblas.class);
          float[] c = new float[1];
          openblas.cblas_sgemm(
              openblas.CblasRowMajor,
              openblas.CblasNoTrans,
              openblas.CblasNoTrans,
              1,
              1,
              2,
              1f,
              new float[] {2, 3},
              2,
              new float[] {5, 7},
              1,
              0f,
              c,
              1);
          if (c[0] != 31) {
            throw new IllegalStateException("2*5 + 3*7 gave " + c[0]);
          }
          return "version " + Loader.getVersion("org.bytedeco", "openblas") + ", multiplies";
        });
  }

  private static Check nd4j() {
    return Check.of(
        "ND4J",
        State.MISSING,
        "build for this system: ./mvnw package, its profiles choose the native libraries",
        () -> {
          INDArray product = Nd4j.createFromArray(new float[][] {{2, 3}}).mmul(Nd4j.ones(2, 1));
          if (product.getFloat(0) != 5) {
            throw new IllegalStateException("2*1 + 3*1 gave " + product);
          }
          return Nd4j.getBackend().getClass().getSimpleName() + ", " + jar(Nd4j.class);
        });
  }

  private static String jar(Class<?> type) {
    String location = type.getProtectionDomain().getCodeSource().getLocation().getPath();
    return location.substring(location.lastIndexOf('/') + 1);
  }

  private static Check fonts() {
    return Check.of(
        "fonts",
        State.MISSING_OPTIONAL,
        "apt-get install fontconfig fonts-dejavu-core; only figures need them",
        () -> {
          int families =
              GraphicsEnvironment.getLocalGraphicsEnvironment()
                  .getAvailableFontFamilyNames()
                  .length;
          if (families == 0) {
            throw new IllegalStateException("none");
          }
          return families + " font families";
        });
  }

  private static Check jupyter() {
    return Check.of(
        "Jupyter",
        State.MISSING_OPTIONAL,
        JUPYTER_ADVICE,
        () -> {
          String version =
              Commands.output(Path.of("."), List.of("jupyter", "nbconvert", "--version"))
                  .orElseThrow(() -> new IOException("no working 'jupyter nbconvert' on PATH"));
          return "nbconvert " + version;
        });
  }

  private static Check kernel() {
    return Check.of(
        "Java kernel",
        State.MISSING_OPTIONAL,
        "it stands under notebooks/jupyter/kernels of a checkout: start ./eso from one",
        () -> {
          Path kernels = Path.of(System.getProperty("eso.home", "."), "notebooks/jupyter/kernels");
          if (!Files.isDirectory(kernels)) {
            throw new IOException("no folder " + kernels);
          }
          try (var specs = Files.list(kernels)) {
            List<String> names =
                specs
                    .filter(folder -> Files.exists(folder.resolve("kernel.json")))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
              throw new IOException("no kernel.json under " + kernels);
            }
            return String.join(", ", names) + " (JUPYTER_PATH=" + kernels.getParent() + ")";
          }
        });
  }
}
