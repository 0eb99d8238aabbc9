package org.esolm.checkpoint;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Gpt2;
import org.esolm.model.ModelConfig;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.Nelbo;
import org.esolm.objective.Objective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Tensor;

/**
 * Whether a network computes at all: its loss on tokens that mean nothing. A network that knows a
 * language finds them less likely than chance, so the loss is log V or more; far below it, or not a
 * number, something is wrong.
 *
 * @param loss the bound that the system is measured by, nats a token
 * @param logV what guessing costs, nats a token
 * @param tokens how many there were
 */
public record SelfTest(double loss, double logV, int tokens) {
  private static final int LENGTH = 64;
  private static final int TOKENS = 512;

  /**
   * Asks a network.
   *
   * @param network the network
   * @param system of the network
   * @return what it answered
   * @throws IllegalArgumentException if a logit or the loss is not a finite number
   */
  public static SelfTest of(Transformer network, SystemConfig system) {
    ModelConfig model = network.config();
    int block = system.name().equals("bd3lm") ? system.blockSize() : 1;
    int length = Math.max(block, Math.min(LENGTH, model.length()) / block * block);
    int[][] texts = randomTexts(Math.max(1, TOKENS / length), length, model);
    requireFiniteLogits(network, texts[0]);
    Objective objective = system.objective(model);
    double nats = Arrays.stream(Nelbo.of(network, objective, texts, texts.length, 1, 0)).sum();
    int tokens = texts.length * objective.scoredTokens(length);
    requireFinite(nats);
    return new SelfTest(nats / tokens, Math.log(model.vocabSize() - 1.0), tokens);
  }

  /**
   * Asks a GPT-2.
   *
   * @param gpt2 the network
   * @return what it answered
   * @throws IllegalArgumentException if the loss is not a finite number
   */
  public static SelfTest of(Gpt2 gpt2) {
    int length = Math.min(LENGTH, gpt2.config().positions());
    Rng random = Rng.of(0, Purpose.EVALUATION);
    double nats = 0;
    int tokens = 0;
    for (int text = 0; text < TOKENS / length; text++) {
      float[] nll = gpt2.nll(random.ints(length, 0, gpt2.config().vocabSize()).toArray());
      for (float token : nll) {
        nats += token;
      }
      tokens += nll.length;
    }
    requireFinite(nats);
    return new SelfTest(nats / tokens, Math.log(gpt2.config().vocabSize()), tokens);
  }

  private static void requireFinite(double nats) {
    if (!Double.isFinite(nats)) {
      throw new IllegalArgumentException("self-test: loss " + nats + ", allowed: a finite number");
    }
  }

  private static int[][] randomTexts(int count, int length, ModelConfig model) {
    int[][] texts = new int[count][length];
    Rng random = Rng.of(0, Purpose.EVALUATION);
    for (int[] text : texts) {
      for (int l = 0; l < length; l++) {
        int token = random.nextInt(model.vocabSize() - 1);
        text[l] = token < model.maskIndex() ? token : token + 1;
      }
    }
    return texts;
  }

  private static void requireFiniteLogits(Transformer network, int[] text) {
    Pass pass = new Pass();
    pass.clear();
    pass.beginSequence();
    for (int l = 0; l < text.length; l++) {
      pass.row(text[l], l, new AttentionPattern.Causal());
    }
    pass.want(text.length - 1, 0, 0f);
    try (Arena arena = Arena.ofShared()) {
      Tensor logits = Tensor.zeros(arena, 1, network.config().vocabSize());
      network.logits(pass, logits);
      for (int token = 0; token < logits.size(); token++) {
        if (!Float.isFinite(logits.get(token))) {
          throw new IllegalArgumentException(
              "self-test: logit %s of token %d, allowed: finite numbers"
                  .formatted(logits.get(token), token));
        }
      }
    }
  }
}
