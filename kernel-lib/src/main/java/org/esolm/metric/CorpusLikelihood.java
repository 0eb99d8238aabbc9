package org.esolm.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.LongConsumer;
import org.esolm.data.BlockReader;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.data.RunningRatio;
import org.esolm.model.Transformer;
import org.esolm.objective.AnyOrderLikelihood;
import org.esolm.objective.ImportanceWeightedBound;
import org.esolm.objective.Nelbo;
import org.esolm.objective.Objective;
import org.esolm.objective.OrderChoice;
import org.esolm.objective.OrderedObjective;

/**
 * How likely a network finds a corpus of any size: texts are read, measured and forgotten a batch
 * at a time.
 *
 * @param texts how many texts were measured
 * @param tokens how many of their tokens were scored
 * @param nats the bound in nats a token, exact for AR; its standard error is over texts, or over
 *     groups of texts that share their orders, and so holds the error of drawing orders, times and
 *     masks too
 * @param orderError the part of it that comes from drawing orders: what would be left if the texts
 *     were fixed; NaN where one draw cannot tell, and for the NELBO
 * @param effectiveOrders how many of K orders carry the importance-weighted bound ({@link
 *     ImportanceWeightedBound#effectiveOrders}); NaN for the other bounds
 * @param trueNats what the same texts cost under the language's own law, nats a token
 * @param klToTruth the difference of the two, text by text: an upper bound of the divergence from
 *     the language's law to the model's, which is not negative on average
 * @param seconds wall-clock time
 */
public record CorpusLikelihood(
    long texts,
    long tokens,
    Estimate nats,
    double orderError,
    double effectiveOrders,
    Optional<Estimate> trueNats,
    Optional<Estimate> klToTruth,
    double seconds) {
  /** The ways to bound a likelihood. */
  public enum Bound {
    /** The evidence lower bound, equation 7. */
    NELBO,
    /** The mean over orders, L_AO, equation 8. */
    ANY_ORDER,
    /** The importance-weighted bound over orders, L_AO^K, equations 9 and 22. */
    IW;

    /** Its name: nelbo, any-order or iw. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * What is asked.
   *
   * @param bound which bound
   * @param orders K, orders a text; for the NELBO how often times and masks are drawn
   * @param sharing how many neighbouring texts share orders, see {@link OrderChoice}
   * @param limit at most so many texts
   * @param batch texts, or function evaluations, a pass
   * @param seed chooses orders, times and masks
   */
  public record Question(Bound bound, int orders, int sharing, long limit, int batch, long seed) {
    /** Checks the numbers. */
    public Question {
      requirePositive("orders", orders);
      requirePositive("sharing", sharing);
      requirePositive("limit", limit);
      requirePositive("batch", batch);
    }

    private static void requirePositive(String field, long value) {
      if (value < 1) {
        throw new IllegalArgumentException(field + ": " + value + ", must be at least 1");
      }
    }

    /**
     * All texts, with orders of their own, 16 a pass, seed 0.
     *
     * @param bound which bound
     * @param orders K
     * @return the question
     */
    public static Question of(Bound bound, int orders) {
      return new Question(bound, orders, 1, Long.MAX_VALUE, 16, 0);
    }
  }

  /** Hears how far the measurement is. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Something more is done.
     *
     * @param share of the whole, from 0 to 1
     * @param texts measured so far
     * @param nats the bound so far, nats a token
     */
    void at(double share, long texts, Optional<Estimate> nats);
  }

  /**
   * Measures.
   *
   * @param network the network
   * @param objective the system's objective
   * @param reader the texts, read to the end or to the limit
   * @param question what is asked
   * @param truth the law from which the texts were drawn, where it is known
   * @param listener told how far it is
   * @return the result
   * @throws IllegalArgumentException if there is no text, or the system has no orders and is asked
   *     for them
   * @throws CancellationException if the thread was interrupted
   */
  public static CorpusLikelihood of(
      Transformer network,
      Objective objective,
      BlockReader reader,
      Question question,
      Optional<Oracle> truth,
      Listener listener) {
    return new Measurement(network, objective, question, truth, listener).of(reader);
  }

  /** Sums over the texts so far. */
  private static final class Measurement {
    private final Transformer network;
    private final Objective objective;
    private final Question question;
    private final Optional<Oracle> truth;
    private final Listener listener;
    private final RunningRatio nats = new RunningRatio();
    private final RunningRatio trueNats = new RunningRatio();
    private final RunningRatio excess = new RunningRatio();
    private long texts;
    private long tokens;
    private double orderVariance;
    private double effectiveOrders;
    private double[] group = new double[4]; // nats, true nats, tokens, texts not yet observed
    private double share;

    Measurement(
        Transformer network,
        Objective objective,
        Question question,
        Optional<Oracle> truth,
        Listener listener) {
      this.network = network;
      this.objective = objective;
      this.question = question;
      this.truth = truth;
      this.listener = listener;
    }

    CorpusLikelihood of(BlockReader reader) {
      long start = System.nanoTime();
      for (int[][] batch = read(reader); batch.length > 0; batch = read(reader)) {
        double before = share;
        double after =
            Math.max(
                (double) reader.position() / reader.size(),
                (double) (texts + batch.length) / question.limit());
        double work = (double) batch.length * question.orders();
        try {
          measure(batch, done -> tell(before + (after - before) * done / work));
        } catch (CancellationException e) {
          throw new CancellationException("likelihood: interrupted after " + texts + " texts");
        }
        share = after;
        tell(share);
      }
      observe(); // the last, smaller group
      tell(1);
      if (texts == 0) {
        throw new IllegalArgumentException(
            "texts: none, at least one of the model's length is needed");
      }
      return new CorpusLikelihood(
          texts,
          tokens,
          nats.estimate(),
          question.bound() == Bound.NELBO ? Double.NaN : Math.sqrt(orderVariance) / tokens,
          question.bound() == Bound.IW ? effectiveOrders / texts : Double.NaN,
          truth.map(t -> trueNats.estimate()),
          truth.map(t -> excess.estimate()),
          (System.nanoTime() - start) * 1e-9);
    }

    private void tell(double done) {
      listener.at(
          Math.clamp(done, 0, 1),
          texts,
          nats.count() == 0 ? Optional.empty() : Optional.of(nats.estimate()));
    }

    private int[][] read(BlockReader reader) {
      List<int[]> batch = new ArrayList<>();
      while (batch.size() < question.batch() && texts + batch.size() < question.limit()) {
        int[] text = reader.next();
        if (text == null) {
          break;
        }
        batch.add(text);
      }
      return batch.toArray(int[][]::new);
    }

    private void measure(int[][] batch, LongConsumer progress) {
      double[] bound =
          question.bound() == Bound.NELBO
              ? Nelbo.of(
                  network,
                  objective,
                  batch,
                  texts,
                  question.batch(),
                  question.orders(),
                  question.seed(),
                  progress)
              : overOrders(batch, progress);
      int scored = objective.scoredTokens(batch[0].length);
      double[] exact =
          truth
              .map(t -> OraclePerplexity.nats(t, batch, batch[0].length - scored))
              .orElse(new double[batch.length]);
      for (int n = 0; n < batch.length; n++) {
        group[0] += bound[n];
        group[1] += exact[n];
        group[2] += scored;
        group[3]++;
        texts++;
        tokens += scored;
        if (question.bound() == Bound.NELBO || texts % question.sharing() == 0) {
          observe();
        }
      }
    }

    private double[] overOrders(int[][] batch, LongConsumer progress) {
      if (!(objective instanceof OrderedObjective ordered)) {
        throw new IllegalArgumentException(
            "bound: " + question.bound() + ", the system knows no orders, allowed: nelbo");
      }
      OrderChoice choice =
          new OrderChoice(ordered.orders(batch[0].length), question.seed(), question.sharing());
      double[][] logP =
          AnyOrderLikelihood.of(
              network,
              ordered,
              batch,
              texts,
              choice,
              question.orders(),
              question.batch(),
              progress);
      double[] bound = new double[batch.length];
      for (int n = 0; n < batch.length; n++) {
        var text =
            ImportanceWeightedBound.text(
                logP[n], question.bound() == Bound.IW ? question.orders() : 1);
        bound[n] = text.nats();
        orderVariance += text.variance();
        effectiveOrders += text.effectiveOrders();
      }
      return bound;
    }

    /** The texts of a group count as one observation. */
    private void observe() {
      if (group[3] > 0) {
        nats.add(group[0], group[2]);
        trueNats.add(group[1], group[2]);
        excess.add(group[0] - group[1], group[2]);
        group = new double[4];
      }
    }
  }
}
