package org.esolm.experiments.command;

import com.sun.management.OperatingSystemMXBean;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.esolm.experiments.command.Check.State;
import org.esolm.experiments.run.Hardware;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What {@code doctor} looks for on a machine. */
final class Machine {
  List<Check> checks() {
    return Stream.concat(
            Stream.of(jdk(), cpu(), vectors(), memory(), libraries(), openBlas(), nd4j(), fonts()),
            Surroundings.ofMachine().checks().stream())
        .toList();
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
    return physical < 3 * gib || heap < gib / 2
        ? new Check(
            "memory",
            State.MISSING_OPTIONAL,
            found,
            "4 GiB are needed for the quick profile: close other programs, or give a container more;"
                + " the heap is set with ESO_JAVA_OPTS=-Xmx2g")
        : new Check("memory", State.OK, found, "");
  }

  /** The build fetches them; while one is missing, the next start has to build again. */
  private static Check libraries() {
    return Check.of(
        "libraries",
        State.MISSING_OPTIONAL,
        "./eso fetches them anew, which needs the network (a mirror goes into ~/.m2/settings.xml)",
        () -> {
          String[] entries = System.getProperty("java.class.path").split(File.pathSeparator);
          for (String entry : entries) {
            if (!Files.exists(Path.of(entry))) {
              throw new IOException("missing: " + entry);
            }
          }
          return entries.length + " on the class path, no network is needed";
        });
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
}
