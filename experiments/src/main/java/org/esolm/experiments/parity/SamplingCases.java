package org.esolm.experiments.parity;

import org.esolm.model.Parameters;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.BlockDiffusionObjective;
import org.esolm.sampler.ArDenoiser;
import org.esolm.sampler.BlockDenoiser;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.EsoDenoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.Positions;
import org.esolm.tensor.Tensor;

/** Cached sampling, teacher forced: the logits of every step. */
final class SamplingCases {
  private SamplingCases() {}

  static void ar(GoldenCase golden, ParityReport report, Prepend prepend, int token) {
    int[][] x0 = golden.rows("input/x0");
    Parameters weights = golden.weights();
    Denoiser denoiser = new ArDenoiser(weights, golden.workers(), prepend, token);
    float[] expected = golden.floats("output/cached_logits");
    Teacher teacher = new Teacher(denoiser, x0, expected.length);
    try (teacher) {
      for (int l = 0; l < x0[0].length; l++) {
        for (int b = 0; b < x0.length; b++) {
          if (l > 0) {
            teacher.known.add(b, l - 1, x0[b][l - 1]);
          }
          teacher.want(b, l, l);
        }
        teacher.step();
      }
    }
    report.output(golden.name() + " cached_logits", expected, teacher.logits);
  }

  static void eso(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] sigma = golden.rows("input/sort_idx");
    Denoiser denoiser = new EsoDenoiser(golden.weights(), golden.workers());
    float[] expected = golden.floats("output/step_logits_sorted");
    Teacher teacher = new Teacher(denoiser, x0, expected.length);
    try (teacher) {
      int done = 0;
      int before = 0;
      for (int k : golden.ints("input/schedule")) {
        for (int b = 0; b < x0.length; b++) {
          for (int i = done - before; i < done; i++) {
            teacher.known.add(b, sigma[b][i], x0[b][sigma[b][i]]);
          }
          for (int i = done; i < done + k; i++) {
            teacher.want(b, sigma[b][i], i);
          }
        }
        teacher.step();
        done += k;
        before = k;
      }
    }
    report.output(golden.name() + " step_logits_sorted", expected, teacher.logits);
  }

  static void blockDiffusion(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int size = golden.setting("block_size");
    BlockDiffusionObjective.requireDivides(x0[0].length, size);
    Denoiser denoiser = new BlockDenoiser(golden.weights(), golden.workers(), size);
    float[] expected = golden.floats("output/block_logits");
    Teacher teacher = new Teacher(denoiser, x0, expected.length);
    try (teacher) {
      for (int from = 0; from < x0[0].length; from += size) {
        for (int b = 0; b < x0.length; b++) {
          for (int l = from; l < from + size; l++) {
            teacher.want(b, l, l);
          }
        }
        teacher.step();
        for (int b = 0; b < x0.length; b++) {
          for (int l = from; l < from + size; l++) {
            teacher.known.add(b, l, x0[b][l]);
          }
        }
        teacher.step();
      }
    }
    report.output(golden.name() + " block_logits", expected, teacher.logits);
  }

  /** A session that is told the true tokens, and where its logits are collected, [B, L, V]. */
  private static final class Teacher implements AutoCloseable {
    final Known known;
    final float[] logits;
    private final Positions wanted;
    private final Positions slots; // where the logits of wanted positions go
    private final Denoiser.Session session;
    private final int length;
    private final int v;

    Teacher(Denoiser denoiser, int[][] x0, int size) {
      length = x0[0].length;
      v = denoiser.vocabSize();
      known = new Known(x0.length);
      wanted = new Positions(x0.length);
      slots = new Positions(x0.length);
      session = denoiser.open(x0.length, length);
      logits = new float[size];
    }

    void want(int b, int position, int slot) {
      wanted.add(b, position);
      slots.add(b, slot);
    }

    void step() {
      Tensor out = session.step(known, wanted);
      int row = 0;
      for (int b = 0; b < wanted.batch(); b++) {
        for (int i = 0; i < wanted.count(b); i++, row++) {
          for (int c = 0; c < v; c++) {
            logits[(b * length + slots.get(b, i)) * v + c] = out.get((long) row * v + c);
          }
        }
      }
      known.clear();
      wanted.clear();
      slots.clear();
    }

    @Override
    public void close() {
      session.close();
    }
  }
}
