package org.esolm.sampler;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.random.RandomGenerator;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;

/**
 * One batch being drawn: the session with the denoiser, the tokens so far, and what the session has
 * not been told yet. Tokens drawn in one step become known with the next.
 */
final class Conversation implements AutoCloseable {
  private static final NoiseSchedule LINEAR = new NoiseSchedule(1);

  private final long start = System.nanoTime();
  private final SampleRequest request;
  private final StepListener listener;
  private final int totalSteps;
  private final TokenSampler sampler;
  private final int[][] tokens; // [B, L], -1 where still masked
  private final int[][] decodedAt; // [B, L] or null
  private final Known known;
  private final Positions wanted;
  private final Denoiser.Session session;
  private int steps;
  private int nfe;
  private long asked; // sequences, summed over evaluations

  Conversation(Denoiser denoiser, SampleRequest request, StepListener listener, int totalSteps) {
    this.request = request;
    this.listener = listener;
    this.totalSteps = totalSteps;
    int v = denoiser.vocabSize();
    sampler =
        new TokenSampler(
            v, denoiser.maskIndex(), request.seed(), request.temperature(), request.nucleus());
    tokens = masked();
    decodedAt = request.recordOrder() ? masked() : null;
    known = new Known(request.count());
    wanted = new Positions(request.count());
    for (int l = 0; l < request.length(); l++) {
      if (request.isGiven(l)) {
        int token = request.given()[l];
        if (token >= v || token == denoiser.maskIndex()) {
          throw new IllegalArgumentException(
              "given: " + token + ", must be below " + v + " and not the mask");
        }
      }
    }
    session = denoiser.open(request.count(), request.length());
  }

  private int[][] masked() {
    int[][] all = new int[request.count()][request.length()];
    for (int[] row : all) {
      Arrays.fill(row, -1);
    }
    return all;
  }

  /** Makes the given tokens of [from, to) known with the next step. */
  Conversation tellGiven(int from, int to) {
    for (int b = 0; b < tokens.length; b++) {
      for (int l = from; l < to; l++) {
        if (request.isGiven(l)) {
          tell(b, l, request.given()[l]);
        }
      }
    }
    return this;
  }

  private void tell(int b, int position, int token) {
    tokens[b][position] = token;
    known.add(b, position, token);
  }

  /** The chance of each sequence, independent of its neighbours. */
  RandomGenerator[] chance(Purpose purpose) {
    var chance = new RandomGenerator[tokens.length];
    Arrays.setAll(chance, b -> Rng.of(request.seed(), purpose, request.firstSample() + b));
    return chance;
  }

  /** Draws the positions {@code s[b][k]} of each sequence b in step k. */
  Conversation decode(int[][][] s) {
    return decode(s, new int[0]);
  }

  /** The same; the sequential phase of sequence b begins with step {@code sequential[b]}. */
  Conversation decode(int[][][] s, int[] sequential) {
    for (int k = 0; k < s[0].length; k++) {
      for (int b = 0; b < sequential.length; b++) {
        if (sequential[b] == k) {
          session.beginSequential(b);
        }
      }
      for (int b = 0; b < s.length; b++) {
        for (int position : s[b][k]) {
          wanted.add(b, position);
        }
      }
      step();
    }
    return this;
  }

  /**
   * Ancestral sampling of [from, to) on the grid t = 1, 1 - 1/T, ..., 1/T with alpha_t linear: in
   * each step a masked token is drawn with probability (alpha_s - alpha_t) / (1 - alpha_t). Which
   * ones is decided before the network is asked: a step that changes nothing asks nothing.
   */
  Conversation ancestral(int from, int to, RandomGenerator[] chance) {
    double gridSize = request.steps();
    for (int k = request.steps(); k > 0; k--) {
      double p = LINEAR.unmaskProbability((k - 1) / gridSize, k / gridSize);
      for (int b = 0; b < tokens.length; b++) {
        for (int l = from; l < to; l++) {
          if (tokens[b][l] < 0 && chance[b].nextDouble() < p) {
            wanted.add(b, l);
          }
        }
      }
      step();
    }
    return this;
  }

  /** Asks for the wanted positions, if any, and draws their tokens. */
  private void step() {
    stopIfInterrupted();
    if (wanted.total() > 0) {
      Tensor laws = evaluate();
      int row = 0;
      for (int b = 0; b < tokens.length; b++) {
        for (int i = 0; i < wanted.count(b); i++) {
          int l = wanted.get(b, i);
          tell(b, l, sampler.draw(laws, row++, request.firstSample() + b, l));
          if (decodedAt != null) {
            decodedAt[b][l] = steps;
          }
        }
      }
      wanted.clear();
    }
    listener.onStep(++steps, totalSteps);
  }

  /** Tells what was drawn last and asks for nothing: a finished block is stored. */
  Conversation store() {
    stopIfInterrupted();
    evaluate();
    listener.onStep(++steps, totalSteps);
    return this;
  }

  /** Also between steps that change nothing, of which a fine grid has very many. */
  private void stopIfInterrupted() {
    if (Thread.interrupted()) {
      throw stopped();
    }
  }

  private CancellationException stopped() {
    return new CancellationException("sampling stopped after step " + steps + " of " + totalSteps);
  }

  private Tensor evaluate() {
    for (int b = 0; b < tokens.length; b++) {
      asked += wanted.count(b) > 0 || wanted.total() == 0 ? 1 : 0;
    }
    try {
      Tensor laws = session.step(known, wanted);
      known.clear();
      nfe++;
      return laws;
    } catch (CancellationException e) {
      throw stopped();
    }
  }

  /** What was drawn. */
  Samples samples() {
    double seconds = (System.nanoTime() - start) * 1e-9;
    return new Samples(tokens, nfe, (double) asked / tokens.length, seconds, decodedAt);
  }

  @Override
  public void close() {
    session.close();
  }
}
