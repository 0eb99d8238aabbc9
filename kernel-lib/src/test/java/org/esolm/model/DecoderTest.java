package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoding with a cache against passes without one. */
class DecoderTest {
  private static final int LENGTH = 40;
  private static final int MASK = 6;
  private static final ModelConfig CONFIG = Networks.tiny(true, LENGTH, 0);

  /** One sequence of a decoding step: clean rows that stay in the cache, then masks. */
  private record Step(int[] clean, int[] masks) {}

  /** The steps of Eso-LM over a random order, at most {@code chunk} masks each. */
  private static List<Step> eso(int s, int chunk) {
    int[] sigma = DenoisingOrder.identity(LENGTH);
    DenoisingOrder.twoPhase(sigma, LENGTH, Rng.of(7, Purpose.ORDERS, s));
    List<Step> steps = new ArrayList<>();
    int before = 0;
    for (int at = 0; at < LENGTH; at += chunk) {
      int end = Math.min(at + chunk, LENGTH);
      steps.add(
          new Step(Arrays.copyOfRange(sigma, before, at), Arrays.copyOfRange(sigma, at, end)));
      before = at;
    }
    return steps;
  }

  private static void ask(Pass pass, int[] text, Step step, int cached) {
    pass.beginSequence();
    int row = 0;
    for (int l : step.clean()) {
      pass.row(text[l], l, AttentionPattern.range(0, cached + ++row), AttentionPattern.NONE);
    }
    for (int l : step.masks()) {
      pass.row(MASK, l, AttentionPattern.range(0, cached + ++row), AttentionPattern.NONE);
      pass.want(row - 1, 0, 0);
    }
  }

  /** All logits of one sequence, decoded alone. */
  private static List<float[]> decode(
      Parameters weights, Workers workers, int[] text, List<Step> steps) {
    return decode(weights, workers, new int[][] {text}, List.of(steps)).getFirst();
  }

  /** All logits of several sequences decoded together; some may be ready before others. */
  private static List<List<float[]>> decode(
      Parameters weights, Workers workers, int[][] text, List<List<Step>> steps) {
    int v = weights.config().vocabSize();
    List<List<float[]>> all = new ArrayList<>();
    steps.forEach(s -> all.add(new ArrayList<>()));
    int most = steps.stream().mapToInt(List::size).max().orElseThrow();
    try (Arena arena = Arena.ofShared();
        Decoder decoder =
            new Decoder(DecoderWeights.of(weights, workers), workers, text.length, LENGTH)) {
      for (int k = 0; k < most; k++) {
        Pass pass = new Pass();
        for (int s = 0; s < text.length; s++) {
          if (k < steps.get(s).size()) {
            ask(pass, text[s], steps.get(s).get(k), decoder.kept(s));
          } else {
            pass.beginSequence();
          }
        }
        Tensor out = Tensor.zeros(arena, pass.wanted(), v);
        decoder.step(pass, out);
        for (int s = 0; s < text.length; s++) {
          if (k < steps.get(s).size()) {
            decoder.keep(s, steps.get(s).get(k).clean().length);
            all.get(s).add(out.slice(pass.wantedStart(s), pass.wantedStart(s + 1)).toArray());
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 40})
  void causalChunksAnswerAsAFullPassDoes(int chunk) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Parameters weights = Networks.random(arena, CONFIG, 5);
      int[] text = Networks.text(1, 1, LENGTH)[0];
      List<Step> steps = eso(0, chunk);
      List<float[]> cached = decode(weights, workers, text, steps);
      try (Transformer network = new Transformer(weights, workers)) {
        List<Integer> known = new ArrayList<>();
        for (int k = 0; k < steps.size(); k++) {
          Arrays.stream(steps.get(k).clean()).forEach(known::add);
          Pass pass = new Pass();
          int[] all = known.stream().mapToInt(l -> l).toArray();
          ask(pass, text, new Step(all, steps.get(k).masks()), 0);
          assertClose(cached.get(k), logits(network, pass));
        }
      }
    }
  }

  private static float[] logits(Transformer network, Pass pass) {
    try (Arena arena = Arena.ofShared()) {
      Tensor out = Tensor.zeros(arena, pass.wanted(), network.config().vocabSize());
      network.logits(pass, out);
      return out.toArray();
    }
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "true, 4", "false, 8", "true, 10", "false, 20"})
  void blocksAnswerAsAFullPassDoes(boolean adaLn, int blockSize) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Parameters weights = Networks.random(arena, Networks.tiny(adaLn, LENGTH, 0), 5);
      int[] text = Networks.text(1, 1, LENGTH)[0];
      Rng rng = Rng.of(3, Purpose.MASKING);
      try (Decoder decoder = new Decoder(DecoderWeights.of(weights, workers), workers, 1, LENGTH);
          Transformer network = new Transformer(weights, workers)) {
        for (int from = 0; from < LENGTH; from += blockSize) {
          for (int round = 0; round < 3; round++) {
            Pass cached = new Pass();
            Pass full = new Pass();
            cached.beginSequence();
            full.beginSequence();
            for (int l = 0; l < from + blockSize; l++) {
              // the last round is the finished block, which stays
              int id = l >= from && round < 2 && rng.nextBoolean() ? MASK : text[l];
              long keys = AttentionPattern.range(0, (l / blockSize + 1) * blockSize);
              full.row(id, l, keys, AttentionPattern.NONE);
              if (l >= from) {
                cached.row(id, l, keys, AttentionPattern.NONE);
                cached.want(l - from, 0, 0);
                full.want(l, 0, 0);
              }
            }
            Tensor out = Tensor.zeros(arena, blockSize, 7);
            decoder.step(cached, out);
            assertClose(out.toArray(), logits(network, full));
          }
          decoder.keep(0, blockSize);
          assertThat(decoder.kept(0)).isEqualTo(from + blockSize);
        }
      }
    }
  }

  @Test
  void leftToRightAfterAPromptAnswersAsAFullPassDoes() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Parameters weights = Networks.random(arena, Networks.tiny(false, LENGTH, 0), 5);
      int[] text = Networks.text(1, 1, LENGTH)[0];
      Pass full = new Pass();
      full.beginSequence();
      for (int l = 0; l < LENGTH; l++) {
        full.row(text[l], l, new AttentionPattern.Causal());
        full.want(l, 0, 0);
      }
      try (Decoder decoder = new Decoder(DecoderWeights.of(weights, workers), workers, 1, LENGTH);
          Transformer network = new Transformer(weights, workers)) {
        float[] expected = logits(network, full);
        int prompt = 13;
        for (int at = 0, end = prompt; at < LENGTH; at = end, end++) {
          Pass pass = new Pass();
          pass.beginSequence();
          for (int l = at; l < end; l++) {
            pass.row(text[l], l, AttentionPattern.range(0, l + 1), AttentionPattern.NONE);
          }
          boolean asks = at % 5 != 1; // some steps only store
          if (asks) {
            pass.want(end - at - 1, 0, 0);
          }
          Tensor out = asks ? Tensor.zeros(arena, 1, 7) : null;
          decoder.step(pass, out);
          decoder.keep(0, end - at);
          if (asks) {
            assertClose(out.toArray(), Arrays.copyOfRange(expected, 7 * (end - 1), 7 * end));
          }
        }
      }
    }
  }

  /** Sequences with few rows and with many in one batch, and some with none. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aSequencesLogitsDependNeitherOnItsBatchNorOnTheThreads(int threads) {
    ModelConfig config = new ModelConfig(36, 5, 2, 2, LENGTH, 23, MASK, 0);
    int[] chunks = {12, 1, 5, 40, 3, 9};
    int[][] text = Networks.text(1, chunks.length, LENGTH);
    List<List<Step>> steps = new ArrayList<>();
    for (int s = 0; s < chunks.length; s++) {
      steps.add(eso(s, chunks[s]));
    }
    try (Arena arena = Arena.ofShared();
        Workers one = new Workers(1);
        Workers many = new Workers(threads)) {
      Parameters weights = Networks.random(arena, config, 5);
      List<List<float[]>> together = decode(weights, many, text, steps);
      for (int s = 0; s < chunks.length; s++) {
        List<float[]> alone = decode(weights, one, text[s], steps.get(s));
        assertThat(together.get(s)).hasSameSizeAs(alone);
        for (int k = 0; k < alone.size(); k++) {
          assertThat(together.get(s).get(k)).containsExactly(alone.get(k));
        }
      }
    }
  }

  /** Random tokens change between passes, and sequences drop out of some and come back. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3"})
  void withoutACacheEveryPassAnswersAsIfItWereTheFirst(int threads, int batch) {
    Rng chance = Rng.of(5, Purpose.MASKING, batch);
    int[][] text = Networks.text(3, batch, LENGTH);
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      DecoderWeights weights = DecoderWeights.of(Networks.random(arena, CONFIG, 1), workers);
      try (Decoder decoder = Decoder.withoutCache(weights, workers, batch, LENGTH)) {
        for (int k = 0; k < 12; k++) {
          Pass pass = new Pass();
          for (int s = 0; s < batch; s++) {
            pass.beginSequence();
            text[s][chance.nextInt(LENGTH)] = chance.nextInt(MASK + 1);
            if (batch == 1 || chance.nextInt(4) > 0) {
              for (int l = 0; l < LENGTH; l++) {
                pass.row(text[s][l], l, AttentionPattern.range(0, LENGTH), AttentionPattern.NONE);
              }
              pass.want(k, 0, 0);
              pass.want(LENGTH - 1, 0, 0);
            }
          }
          Tensor again = Tensor.zeros(arena, pass.wanted(), CONFIG.vocabSize());
          decoder.step(pass, again);
          try (Decoder fresh = Decoder.withoutCache(weights, workers, batch, LENGTH)) {
            Tensor expected = Tensor.zeros(arena, pass.wanted(), CONFIG.vocabSize());
            fresh.step(pass, expected);
            assertThat(again.toArray()).isEqualTo(expected.toArray());
          }
        }
      }
    }
  }
}
