package org.esolm.experiments.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.OptionalDouble;
import org.esolm.experiments.run.Training;
import org.esolm.train.TrainEvent;
import org.esolm.view.LiveCurve;
import tools.jackson.databind.json.JsonMapper;

/**
 * Watches a run for a cell: its loss as a curve that grows, and at every checkpoint the beginning
 * of one text, kept in the run's folder.
 */
final class Watching implements Training.Watcher, AutoCloseable {
  private static final int GROUP = 5;

  private final Run run;
  private final LiveCurve curve;
  private double sum;
  private int count;

  Watching(Run run) {
    this.run = run;
    OptionalDouble truth = run.corpus().trueNats();
    curve = new LiveCurve(run.name(), truth);
    for (Run.Metric m : run.metrics()) {
      curve.add(m.step(), m.loss());
    }
  }

  @Override
  public void onStep(TrainEvent event) {
    sum += event.loss();
    if (++count == GROUP) {
      curve.add(event.step(), sum / count);
      sum = 0;
      count = 0;
    }
  }

  @Override
  public void onCheckpoint(long step) {
    String text = run.sample(1).texts().getFirst();
    String line = JsonMapper.shared().writeValueAsString(new Run.Glimpse(step, text)) + "\n";
    try {
      Files.write(
          run.glimpsesFile(),
          line.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    curve.close();
  }
}
