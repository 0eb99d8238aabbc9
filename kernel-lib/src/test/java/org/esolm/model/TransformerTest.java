package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformerTest {
  private static final int[] LENGTHS = {5, 70, 1, 33, 64, 65};

  /** One of the sequences that the tests put together in different ways. */
  private static void sequence(int s, boolean wantAll, Pass pass) {
    Rng rng = Rng.of(4, Purpose.MASKING, s);
    int length = LENGTHS[s];
    AttentionPattern pattern =
        s % 2 == 0
            ? new AttentionPattern.Bidirectional(length)
            : new AttentionPattern.Sequential(length / 2, 0);
    pass.beginSequence();
    for (int l = 0; l < length; l++) {
      pass.row(rng.nextInt(7), (l * 3) % length, pattern);
    }
    for (int l = 0; l < length; l++) {
      if (wantAll || l % 4 != 1) {
        pass.want(l, 0, 0);
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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRowsLogitsDependNeitherOnItsBatchNorOnTheThreads(boolean wantAll) {
    ModelConfig config = new ModelConfig(36, 5, 2, 2, 8, 23, 22, 0);
    float[][] expected = new float[LENGTHS.length][];
    for (int threads = 1; threads <= 3; threads++) {
      try (Arena arena = Arena.ofShared();
          Workers workers = new Workers(threads);
          Transformer network = new Transformer(Networks.random(arena, config, 5), workers)) {
        Pass all = new Pass();
        for (int s = 0; s < LENGTHS.length; s++) {
          Pass alone = new Pass();
          sequence(s, wantAll, alone);
          float[] own = logits(network, alone);
          expected[s] = expected[s] == null ? own : expected[s];
          assertThat(own).containsExactly(expected[s]);
          sequence(s, wantAll, all);
        }
        float[] together = logits(network, all);
        int at = 0;
        for (float[] e : expected) {
          for (float v : e) {
            assertThat(together[at++]).isEqualTo(v);
          }
        }
        assertThat(at).isEqualTo(together.length);
      }
    }
  }

  /** A plain transformer in double precision, as equations have it, with the AdaLN unfolded. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void logitsAndLossesAreThoseOfAPlainTransformer(boolean adaLn) {
    ModelConfig config = Networks.tiny(adaLn, 8, 0);
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Parameters weights = Networks.random(arena, config, 5);
      try (Transformer network = new Transformer(weights, workers)) {
        int[] ids = {3, 6, 0, 6, 2, 5, 6, 1};
        int[] positions = {2, 0, 5, 7, 1, 3, 4, 6};
        AttentionPattern pattern = new AttentionPattern.Sequential(3, 2);
        Pass pass = new Pass();
        pass.beginSequence();
        for (int l = 0; l < 8; l++) {
          pass.row(ids[l], positions[l], pattern);
        }
        for (int l = 1; l < 8; l += 2) {
          pass.want(l, l % 6, 0.5f * l);
        }
        double[][] expected = PlainTransformer.logits(weights, ids, positions, pattern);
        float[] actual = logits(network, pass);
        double loss = 0;
        double total = network.loss(pass);
        for (int i = 0; i < 4; i++) {
          double[] row = expected[1 + 2 * i];
          double sum = 0;
          for (int v = 0; v < 7; v++) {
            assertThat((double) actual[7 * i + v]).isCloseTo(row[v], within(2e-5));
            sum += v == 6 ? 0 : Math.exp(row[v]); // the mask token is never predicted
          }
          double nll = Math.log(sum) - row[(1 + 2 * i) % 6];
          assertThat((double) network.nll(i)).isCloseTo(nll, within(2e-5));
          loss += nll * 0.5 * (1 + 2 * i);
        }
        assertThat(total).isCloseTo(loss, within(1e-4));
      }
    }
  }

  @Test
  void logitsNeedRoomForEveryWantedRow() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(1);
        Transformer network =
            new Transformer(Networks.random(arena, Networks.tiny(true, 8, 0), 5), workers)) {
      Pass pass = new Pass();
      sequence(0, true, pass);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.logits(pass, Tensor.zeros(arena, 4, 7)))
          .withMessage("out: Tensor[4, 7], must be [5, 7]");
    }
  }

  @Test
  void wantedRowsAscend() {
    Pass pass = new Pass();
    sequence(0, true, pass);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pass.want(2, 0, 0))
        .withMessage("want: row 2, must be behind the one before");
  }

  @ParameterizedTest
  @ValueSource(longs = {3L << 32 | 6, AttentionPattern.NONE})
  void aRowAttendsToItsOwnSequence(long keys) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(1);
        Transformer network =
            new Transformer(Networks.random(arena, Networks.tiny(true, 8, 0), 5), workers)) {
      Pass pass = new Pass();
      sequence(0, true, pass); // 5 rows
      pass.beginSequence();
      for (int l = 0; l < 5; l++) {
        pass.row(1, l, keys, AttentionPattern.NONE);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.loss(pass))
          .withMessageContaining("must be some of the sequence's 5 rows");
    }
  }
}
