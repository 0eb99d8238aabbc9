package org.esolm.experiments.parity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.esolm.tensor.Interrupts;

/** Runs every case of a folder. */
public final class Parity {
  private Parity() {}

  /**
   * Compares every sub-folder that has a {@code case.json}, and the folder itself if it has one.
   *
   * @param directory where the cases are
   * @param out takes one line a quantity, and a last line with the counts
   * @return how many quantities failed
   * @throws IllegalArgumentException if there is no case
   * @throws CancellationException if the thread is interrupted
   */
  public static int run(Path directory, Consumer<String> out) {
    ParityReport report = new ParityReport(out);
    for (Path path : cases(directory)) {
      try {
        Interrupts.check("parity");
        compare(path, report);
      } catch (CancellationException | ClosedByInterruptException e) {
        throw new CancellationException(
            "parity: interrupted after %d passed, %d failed"
                .formatted(report.passed(), report.failed()));
      }
    }
    out.accept(report.passed() + " passed, " + report.failed() + " failed");
    return report.failed();
  }

  private static List<Path> cases(Path directory) {
    try (Stream<Path> inside = Files.list(directory)) {
      List<Path> found =
          Stream.concat(Stream.of(directory), inside.sorted())
              .filter(p -> Files.isRegularFile(p.resolve("case.json")))
              .toList();
      if (found.isEmpty()) {
        throw new IllegalArgumentException(directory + ": no folder with a case.json in it");
      }
      return found;
    } catch (IOException e) {
      throw new IllegalArgumentException(directory + ": not a readable folder");
    }
  }

  private static void compare(Path path, ParityReport report) throws ClosedByInterruptException {
    try (GoldenCase golden = new GoldenCase(path)) {
      switch (golden.text("kind")) {
        case "ar" -> TrainingCases.ar(golden, report);
        case "mdlm" -> TrainingCases.mdlm(golden, report);
        case "bd3lm" -> TrainingCases.blockDiffusion(golden, report);
        case "eso_diffusion" -> TrainingCases.esoDiffusion(golden, report);
        case "eso_sequential" -> TrainingCases.esoSequential(golden, report);
        case "eso_any_order" -> TrainingCases.anyOrder(golden, report);
        case "eso_sampler" -> SamplingCases.eso(golden, report);
        case "bd3lm_sampler" -> SamplingCases.blockDiffusion(golden, report);
        case "gpt2_evaluator" -> MetricCases.gpt2(golden, report);
        case "mauve" -> MetricCases.mauve(golden, report);
        case "text" -> TextCases.text(golden, report);
        default -> report.failure(golden.name(), "unknown kind '" + golden.text("kind") + "'");
      }
    } catch (CancellationException | ClosedByInterruptException e) {
      throw e;
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      report.failure(String.valueOf(path.getFileName()), e.getMessage());
    } catch (RuntimeException | OutOfMemoryError e) { // tensors that do not fit together
      report.failure(String.valueOf(path.getFileName()), "broken case: " + e);
    }
  }
}
