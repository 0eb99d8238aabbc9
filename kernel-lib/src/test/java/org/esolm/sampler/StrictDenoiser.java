package org.esolm.sampler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.esolm.tensor.Tensor;

/**
 * Passes questions on, but insists on the rules of a conversation: a token is told once, what is
 * known is not asked for, nothing is asked twice before it is told. Keeps a log.
 */
final class StrictDenoiser implements Denoiser {
  final List<String> log = new ArrayList<>();
  boolean closed;
  private final Map<Integer, Integer> sequential = new HashMap<>();
  private final Denoiser inner;

  StrictDenoiser(Denoiser inner) {
    this.inner = inner;
  }

  /** The step with which a sequence's sequential phase began; -1 if it did not. */
  int sequentialFrom(int sequence) {
    return sequential.getOrDefault(sequence, -1);
  }

  @Override
  public int vocabSize() {
    return inner.vocabSize();
  }

  @Override
  public int maskIndex() {
    return inner.maskIndex();
  }

  @Override
  public Session open(int batch, int length) {
    var session = inner.open(batch, length);
    boolean[][] told = new boolean[batch][length];
    boolean[][] asked = new boolean[batch][length];
    return new Session() {
      @Override
      public Tensor step(Known newlyKnown, Positions wanted) {
        var line = new StringBuilder();
        for (int b = 0; b < batch; b++) {
          for (int i = 0; i < newlyKnown.positions().count(b); i++) {
            int l = newlyKnown.positions().get(b, i);
            if (told[b][l]) {
              throw new AssertionError("told twice: " + l);
            }
            told[b][l] = true;
            line.append('+').append(l);
          }
          for (int i = 0; i < wanted.count(b); i++) {
            int l = wanted.get(b, i);
            if (told[b][l] || asked[b][l]) {
              throw new AssertionError("asked again: " + l);
            }
            asked[b][l] = true;
            line.append('?').append(l);
          }
          line.append(b + 1 < batch ? "|" : "");
        }
        log.add(line.toString());
        return session.step(newlyKnown, wanted);
      }

      @Override
      public void beginSequential(int sequence) {
        sequential.put(sequence, log.size());
        session.beginSequential(sequence);
      }

      @Override
      public void close() {
        closed = true;
        session.close();
      }
    };
  }
}
