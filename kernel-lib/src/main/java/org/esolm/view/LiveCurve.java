package org.esolm.view;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.esolm.notebook.Display;
import org.esolm.notebook.LiveDisplay;
import org.esolm.plot.LossCurves;

/**
 * A loss that a notebook shows while it falls, replaced in place every second; outside of one it
 * shows nothing. The last state stays.
 */
public final class LiveCurve implements AutoCloseable {
  private static final long PERIOD = TimeUnit.SECONDS.toNanos(1);

  private final String name;
  private final OptionalDouble truth;
  private final boolean shown = LiveDisplay.isPossible();
  private final List<double[]> points = new ArrayList<>(); // step, loss
  private LiveDisplay display; // null until there is something to see
  private long due = System.nanoTime() + PERIOD;

  /**
   * An empty curve.
   *
   * @param name of the system
   * @param truth the loss of the language's own law, drawn as a line
   */
  public LiveCurve(String name, OptionalDouble truth) {
    this.name = name;
    this.truth = truth;
  }

  /**
   * One more point.
   *
   * @param step training steps done
   * @param loss nats a token
   */
  public void add(long step, double loss) {
    if (!shown) {
      return;
    }
    points.add(new double[] {step, loss});
    if (points.size() > 1 && System.nanoTime() - due >= 0) {
      draw();
      due = System.nanoTime() + PERIOD;
    }
  }

  private void draw() {
    double[] step = points.stream().mapToDouble(p -> p[0]).toArray();
    double[] loss = points.stream().mapToDouble(p -> p[1]).toArray();
    List<LossCurves.Curve> curve = List.of(new LossCurves.Curve(name, step, loss));
    // Pixels: a scalable curve of many points is several times larger.
    Display picture =
        Display.image(LossCurves.of("Training loss", curve, truth).png(), "Training loss");
    if (display == null) {
      display = picture.live();
    } else {
      display.update(picture);
    }
  }

  @Override
  public void close() {
    if (points.size() > 1) {
      draw();
    }
  }
}
