package org.esolm.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.OrderLaw;
import org.esolm.diffusion.Times;
import org.esolm.model.Pass;

/**
 * The bound of equation 7 of a tiny text without sampling: all sets of masks, all arrangements of
 * clean tokens and masks, times integrated. A slow plain reference.
 */
final class ExpectedNelbo {
  private final TinyModel model;
  private final int[] x;
  private final Pass pass = new Pass();

  ExpectedNelbo(TinyModel model, int[] x) {
    this.model = model;
    this.x = x;
  }

  /**
   * What a token costs as a mask: the integral of p^(masks - 1) (1 - p)^(clean) over the
   * probability p of a mask.
   *
   * @param from p at the smallest time
   * @param to p at the largest
   * @param density of p, relative to that of the continuous-time bound
   */
  record MaskShare(double from, double to, double density) {
    double weight(int masks, int clean) {
      int n = 2000;
      double h = (to - from) / n;
      return density
          * IntStream.range(0, n)
              .mapToDouble(i -> from + (i + 0.5) * h)
              .map(p -> h * Math.pow(p, masks - 1) * Math.pow(1 - p, clean))
              .sum();
    }
  }

  private double alpha0() {
    return model.objective instanceof EsoLmObjective eso ? eso.noise().alpha0() : 1;
  }

  /** The expected value of {@link Nelbo}: times and the released schedule spare the ends. */
  double drawn() {
    double first = Times.SAMPLING_EPS;
    double density = 1 / (1 - first);
    NoiseSchedule noise = new NoiseSchedule(alpha0());
    return nats(
        model.objective instanceof BlockDiffusionObjective
            ? new MaskShare(first, 1, density)
            : new MaskShare(1 - noise.alphaT(first), 1 - noise.alphaT(1), density));
  }

  /** The bound itself, over all times. */
  double nats() {
    return nats(new MaskShare(1 - alpha0(), 1, 1));
  }

  private double nats(MaskShare share) {
    if (!(model.objective instanceof BlockDiffusionObjective blocks)) {
      return diffusion(share, 0, x.length) + sequential();
    }
    double nats = 0;
    for (int from = 0; from < x.length; from += blocks.blockSize()) {
      int given = from == 0 && blocks.firstGiven() ? 1 : 0;
      nats += diffusion(share, from + given, from + blocks.blockSize());
    }
    return nats;
  }

  /** Masks in [from, to) in every combination. */
  private double diffusion(MaskShare share, int from, int to) {
    double nats = 0;
    for (int set = 1; set < 1 << (to - from); set++) {
      int masks = Integer.bitCount(set);
      double weight = share.weight(masks, to - from - masks);
      nats += weight * mean(costs(set << from, false).stream().map(ExpectedNelbo::sum).toList());
    }
    return nats;
  }

  private double sequential() {
    double alpha0 = alpha0();
    double nats = 0;
    for (int set = 1; alpha0 < 1 && set < 1 << x.length; set++) {
      int masks = Integer.bitCount(set);
      double p = Math.pow(1 - alpha0, masks) * Math.pow(alpha0, x.length - masks);
      nats += p * mean(costs(set, true).stream().map(ExpectedNelbo::sum).toList());
    }
    return nats;
  }

  /**
   * The likelihood of an Eso-LM that decodes one token at a time among all that are still masked,
   * clean tokens and masks shuffled anew at every token: the law that its training's diffusion
   * phase describes.
   */
  double logLikelihoodAmongMasks() {
    double[] total = new double[1];
    int all = (1 << x.length) - 1;
    model
        .objective
        .orders(x.length)
        .forEach(
            (order, p) -> {
              int masked = all;
              for (int n = 0; n < order.diffusion(); n++) {
                int next = order.sigma()[n];
                p *= mean(costs(masked, false).stream().map(c -> Math.exp(-c[next])).toList());
                masked &= ~(1 << next);
              }
              total[0] +=
                  masked == 0
                      ? p
                      : p * mean(costs(masked, true).stream().map(c -> Math.exp(-sum(c))).toList());
            });
    return Math.log(total[0]);
  }

  /** -log p of each masked token, [L], in every arrangement; all are equally likely. */
  private List<double[]> costs(int masked, boolean sequential) {
    int[] clean = positions(~masked);
    int[] masks = positions(masked);
    int[] zt = x.clone();
    Arrays.stream(masks).forEach(l -> zt[l] = mask());
    List<double[]> costs = new ArrayList<>();
    if (!(model.objective instanceof EsoLmObjective eso)) {
      costs.add(cost(zt, masks));
      return costs;
    }
    arrangements(
        clean,
        c -> {
          Consumer<int[]> add =
              m -> {
                int[] sigma = IntStream.concat(Arrays.stream(c), Arrays.stream(m)).toArray();
                pass.clear();
                if (sequential) {
                  eso.addSequential(x, zt, sigma, 1, pass);
                } else {
                  eso.addDiffusion(x, zt, sigma, 1, pass);
                }
                costs.add(answers(m));
              };
          if (sequential) {
            add.accept(masks);
          } else {
            arrangements(masks, add);
          }
        });
    return costs;
  }

  private double[] cost(int[] zt, int[] masks) {
    pass.clear();
    if (model.objective instanceof BlockDiffusionObjective blocks) {
      float[] weight = new float[x.length];
      Arrays.fill(weight, 1);
      blocks.addSequence(x, zt, weight, pass);
    } else {
      ((MdlmObjective) model.objective).addSequence(x, zt, 1, pass);
    }
    return answers(masks);
  }

  private double[] answers(int[] masks) {
    model.network.loss(pass);
    double[] cost = new double[x.length];
    for (int i = 0; i < masks.length; i++) {
      cost[masks[i]] = model.network.nll(i);
    }
    return cost;
  }

  private int[] positions(int set) {
    return IntStream.range(0, x.length).filter(l -> (set >> l & 1) == 1).toArray();
  }

  private static void arrangements(int[] of, Consumer<int[]> use) {
    new OrderLaw.Hybrid(of.length, 1)
        .forEach((order, p) -> use.accept(Arrays.stream(order.sigma()).map(i -> of[i]).toArray()));
  }

  private int mask() {
    return model.network.config().maskIndex();
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(v -> v).average().orElseThrow();
  }
}
